import { checkOptions } from '@visage/gpu';
import { checkOutput, loadFile, saveFile } from '@visage/nn/node';
import { WRITE_OPTIONS, type WriteOptions } from '../../codecs/codec.ts';
import { formatOfName, type PictureFormat, pictureEndings, pictureFormats } from '../../codecs/formats.ts';
import type { Picture } from '../../core/picture.ts';
import { syntheticXmp } from '../../marks/xmp.ts';
import { holdsC2pa, signC2pa } from './c2pa.ts';
import { sharpCodec } from './sharpCodec.ts';

/** Reads a picture in any format of {@link sharpCodec}, by what the file holds and not by its name. */
export const readPicture = async (path: string): Promise<Picture> => sharpCodec.decode(await loadFile(path), path);

/** What was written. */
export interface WrittenPicture {
  readonly format: PictureFormat;
  readonly bytes: number;
  /** Whether transparent parts became white, since the format has no alpha. Say so to the user. */
  readonly flattened: boolean;
}

/**
 * Writes a picture in the format that the ending of its name stands for. Nothing of another file's EXIF data goes into
 * it, neither the place nor the camera.
 *
 * @throws FileError for an unknown ending, or a place that cannot be written.
 * @throws ArgumentError for a picture that the format cannot hold, or a quality for a lossless format.
 */
export async function writePicture(
  path: string,
  picture: Picture,
  options: WriteOptions = {},
): Promise<WrittenPicture> {
  checkOptions('writePicture', options, WRITE_OPTIONS);
  const { quality, marks = true } = options;
  await checkOutput(path, { endings: pictureEndings });
  const format = formatOfName(path);
  const xmp = marks ? syntheticXmp : undefined;
  const encoded = await sharpCodec.encode(picture, format, { quality, xmp });
  const bytes = marks && holdsC2pa(format) ? await signC2pa(encoded, format) : encoded;
  await saveFile(path, bytes);
  return { format, bytes: bytes.length, flattened: !picture.opaque && !pictureFormats[format].alpha };
}
