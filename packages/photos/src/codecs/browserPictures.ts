/** @file Pictures of a page: from files that a user chose, to canvases and to files that a user saves. */
import { ArgumentError, checkBoolean, checkOptions } from '@visage/gpu';
import type { Picture } from '../core/picture.ts';
import { syntheticXmp } from '../marks/xmp.ts';
import { browserCodec } from './browserCodec.ts';
import { WRITE_OPTIONS, type WriteOptions } from './codec.ts';
import { checkLength, type PictureFormat } from './formats.ts';

/**
 * Reads a picture that a page has as a `Blob`: a file that the user chose or dropped, or the body of an answer. The
 * formats are those of {@link browserCodec}.
 *
 * @param name how errors call it; the default is the name of a `File`, and `picture` for what has none.
 * @throws FileError when it is no picture, is damaged, or exceeds the limits.
 */
export async function pictureOfBlob(blob: Blob, name = nameOf(blob)): Promise<Picture> {
  checkLength(blob.size, name); // before all of it is in memory
  return browserCodec.decode(new Uint8Array(await blob.arrayBuffer()), name);
}

const nameOf = (blob: Blob): string => (typeof File !== 'undefined' && blob instanceof File && blob.name) || 'picture';

/**
 * Encodes a picture for `URL.createObjectURL` or an upload. Unless `marks` is false the file says in XMP that it shows
 * a swap. A format without alpha shows transparent parts on white.
 *
 * @param format `jpeg`, `png`, or `webp` where the browser writes it.
 * @throws ArgumentError for options that there are not, and as {@link browserCodec} does.
 */
export async function pictureToBlob(
  picture: Picture,
  format: PictureFormat,
  options: WriteOptions = {},
): Promise<Blob> {
  checkOptions('pictureToBlob', options, WRITE_OPTIONS);
  const { quality, marks = true } = options;
  checkBoolean('pictureToBlob', 'marks', marks);
  const bytes = await browserCodec.encode(picture, format, { quality, ...(marks && { xmp: syntheticXmp }) });
  return new Blob([bytes as Uint8Array<ArrayBuffer>], { type: `image/${format}` });
}

/**
 * Shows a picture on a canvas, which gets the size of the picture.
 *
 * @throws ArgumentError for a canvas that shows something else than 2D.
 */
export function pictureToCanvas({ width, height, data }: Picture, canvas: HTMLCanvasElement | OffscreenCanvas): void {
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext('2d', { colorSpace: 'srgb' }) as CanvasRenderingContext2D | null;
  if (!context)
    throw new ArgumentError('pictureToCanvas', 'canvas', 'one with another context', 'a canvas for 2D or a new one');
  context.putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0);
}
