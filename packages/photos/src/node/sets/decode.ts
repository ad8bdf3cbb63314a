import { createHash } from 'node:crypto';
import { FileError } from '@visage/nn';
import { loadFile } from '@visage/nn/node';
import sharp from 'sharp';
import type { Picture } from '../../core/picture.ts';
import { sharpCodec } from '../pictures/sharpCodec.ts';

/** A picture that was read, and the SHA-256 of its file in hexadecimal. */
export interface DecodedPicture {
  readonly picture: Picture;
  readonly sourceHash: string;
}

/**
 * Reads and decodes a picture, upright and in sRGB.
 *
 * @param name the name of the picture in messages.
 * @throws FileError for a file that cannot be read, is no picture, or is broken.
 */
export async function decodePicture(file: string, name: string): Promise<DecodedPicture> {
  const bytes = await loadFile(file).catch((cause) => {
    if (!(cause instanceof FileError)) throw cause;
    throw new FileError(name, cause.message.slice(file.length + 2));
  });
  const sourceHash = createHash('sha256').update(bytes).digest('hex');
  return { picture: await sharpCodec.decode(bytes, name), sourceHash };
}

/** The pixels of a picture as its header says; 0 if that cannot be read, which decoding will explain. */
export async function pixelsOf(file: string): Promise<number> {
  const header = await sharp(file, { limitInputPixels: false })
    .metadata()
    .catch(() => undefined);
  return (header?.width ?? 0) * (header?.height ?? 0);
}
