/** @file The marks of provenance of a file: reading them all back, and the PNG files of small images. */
import type { Image } from '@visage/faces';
import { writePng } from '@visage/faces/node';
import { formatOfBytes, type ReadableFormat } from '../../codecs/formats.ts';
import { hasLabel } from '../../marks/label.ts';
import { readXmp, syntheticXmp, type XmpMark } from '../../marks/xmp.ts';
import { type C2paMark, holdsC2pa, readC2pa } from './c2pa.ts';
import { sharpCodec, xmpOf } from './sharpCodec.ts';

/** What a file says about where its picture comes from. */
export interface Marks {
  readonly format: ReadableFormat;
  readonly width: number;
  readonly height: number;
  /** What its XMP packet says about its origin. */
  readonly xmp?: XmpMark;
  /** Its content credentials. Read from JPEG and PNG only. */
  readonly c2pa?: C2paMark;
  /** Whether the visible label of Visage is in its lower right corner. */
  readonly label: boolean;
}

/**
 * Reads the marks of provenance of a picture.
 *
 * @param name how errors call the file, for instance its path.
 * @throws FileError when the bytes are no picture that can be read.
 */
export async function readMarks(bytes: Uint8Array, name: string): Promise<Marks> {
  const format = formatOfBytes(bytes, name);
  const picture = await sharpCodec.decode(bytes, name);
  const xmp = readXmp((await xmpOf(bytes, name)) ?? '');
  const c2pa = holdsC2pa(format) ? await readC2pa(bytes, format) : undefined;
  const { width, height } = picture;
  return { format, width, height, ...(xmp && { xmp }), ...(c2pa && { c2pa }), label: hasLabel(picture) };
}

/** Writes a small image with swapped faces as a PNG file whose XMP packet says so. */
export const writeMarkedPng = (path: string, image: Image): Promise<void> =>
  writePng(path, image, { texts: { 'XML:com.adobe.xmp': syntheticXmp } });
