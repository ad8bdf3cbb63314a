import sharp from 'sharp';
import { PIXEL_BYTES, picture } from '../../core/picture.ts';
import { greyOf, resizedGrey } from '../../people/grey.ts';
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
 * Compresses a face of size² packed pixels, as `cropBytes` gives them, and measures it. Colours keep their full
 * resolution (4:4:4), because a face of 128 pixels has lips of four.
 */
export async function encodeFace(pixels: Uint8Array, size: number, quality: number): Promise<EncodedFace> {
  const jpeg = await sharp(pixels, { raw: { width: size, height: size, channels: PIXEL_BYTES } })
    .removeAlpha()
    .jpeg({ quality, chromaSubsampling: '4:4:4' })
    .toBuffer();
  const grey = greyOf(picture(size, size, pixels));
  return {
    jpeg: new Uint8Array(jpeg.buffer, jpeg.byteOffset, jpeg.length),
    sharpness: sharpness(resizedGrey(grey, MEASURED_SIZE, MEASURED_SIZE)),
    hash: perceptualHash(grey),
  };
}
