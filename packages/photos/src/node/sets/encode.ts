import sharp from 'sharp';
import { greyOfCrop, resizedGrey } from '../../people/grey.ts';
import { perceptualHash } from '../../people/hash.ts';
import { sharpness } from '../../people/sharpness.ts';

/** The side at which the sharpness of a face is measured, so that sets of all sizes compare. */
export const MEASURED_SIZE = 128;

/** A face as a JPEG file, and what was measured on its pixels. */
export interface EncodedFace {
  readonly jpeg: Uint8Array;
  readonly sharpness: number;
  readonly hash: string;
}

/**
 * Compresses a face [size, size, 3], RGB in [0, 1], and measures it. Colours keep their full resolution (4:4:4),
 * because a face of 128 pixels has lips of four.
 */
export async function encodeFace(crop: Float32Array, size: number, quality: number): Promise<EncodedFace> {
  const bytes = Uint8Array.from(crop, (value) => Math.round(255 * Math.min(1, Math.max(0, value))));
  const jpeg = await sharp(bytes, { raw: { width: size, height: size, channels: 3 } })
    .jpeg({ quality, chromaSubsampling: '4:4:4' })
    .toBuffer();
  const grey = greyOfCrop(crop, size);
  return {
    jpeg: new Uint8Array(jpeg.buffer, jpeg.byteOffset, jpeg.length),
    sharpness: sharpness(resizedGrey(grey, MEASURED_SIZE, MEASURED_SIZE)),
    hash: perceptualHash(grey),
  };
}
