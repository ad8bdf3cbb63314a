import { createHash } from 'node:crypto';
import { FileError } from '@visage/nn';
import { loadFile } from '@visage/nn/node';
import sharp from 'sharp';
import { type Picture, picture } from '../../core/picture.ts';

/** A picture that was read, and the SHA-256 of its file in hexadecimal. */
export interface DecodedPicture {
  readonly picture: Picture;
  readonly sourceHash: string;
}

const MOST_PIXELS = 100_000_000;

/**
 * Reads and decodes a picture, upright and in sRGB.
 *
 * @param name the name of the picture in messages.
 * @throws FileError for a file that is no picture, or a broken one.
 */
export async function decodePicture(file: string, name: string): Promise<DecodedPicture> {
  const bytes = await loadFile(file);
  const sourceHash = createHash('sha256').update(bytes).digest('hex');
  try {
    const { data, info } = await sharp(bytes, { limitInputPixels: MOST_PIXELS, failOn: 'error' })
      .autoOrient()
      .toColourspace('srgb')
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { picture: picture(info.width, info.height, new Uint8Array(data)), sourceHash };
  } catch (cause) {
    throw new FileError(name, `cannot be decoded (${(cause as Error).message.split('\n')[0]})`);
  }
}

/** The pixels of a picture as its header says; 0 if it cannot be read, which decoding will explain. */
export async function pixelsOf(file: string): Promise<number> {
  const header = await sharp(file)
    .metadata()
    .catch(() => undefined);
  return Math.min(MOST_PIXELS, (header?.width ?? 0) * (header?.height ?? 0));
}
