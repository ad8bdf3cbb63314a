/** @file The marks of provenance in films: written by changeFilm, read back here. */
import { type FileHandle, open } from 'node:fs/promises';
import { frameOf, pictureOfPlanes, uploadPlanes } from '../../films/gpuPlanes.ts';
import { endingOf } from '../../films/writing.ts';
import { hasLabel } from '../../marks/label.ts';
import { readXmp, SOURCE_TYPE, type XmpMark } from '../../marks/xmp.ts';
import { downloadPicture } from '../../warp/gpuPicture.ts';
import { openFilmFile, whileAlive } from './libraries.ts';

/** Endings of files that consist of boxes. */
const BOXES: readonly string[] = ['.mp4', '.m4v', '.mov'];

/** Can a film of this name hold an XMP packet? */
export const holdsXmp = (name: string): boolean => BOXES.includes(endingOf(name));

/** The identifier of XMP in a `uuid` box (XMP specification part 3, §1.2.7.1). */
const XMP_UUID = 'be7acfcb97a942e89c71999491e3afac';

/** Bytes of a box's head: size and type, and the identifier of a `uuid` box. */
const [HEAD, UUID_HEAD] = [8, 24] as const;

/** An XMP packet that is longer than this is not read. */
const LONGEST = 2 ** 20;

/** A film of more boxes than this at the top is not searched on: fragmented films have two a second. */
const MOST_BOXES = 100_000;

/** A box that holds an XMP packet, for the end of a file of the ISO base media format. */
export function xmpBox(xmp: string): Uint8Array {
  const text = Buffer.from(xmp, 'utf8');
  const head = Buffer.alloc(HEAD);
  head.writeUInt32BE(UUID_HEAD + text.length, 0);
  head.write('uuid', 4, 'latin1');
  return Buffer.concat([head, Buffer.from(XMP_UUID, 'hex'), text]);
}

/** What a film says about its origin. */
export interface FilmMarks {
  readonly width: number;
  readonly height: number;
  readonly xmp?: XmpMark;
  /** The comment among its tags, if that names the source type of synthetic pictures. */
  readonly comment?: string;
  /** Whether the first frame has the visible label. */
  readonly label: boolean;
}

/**
 * Reads the marks of a film.
 *
 * @throws FileError for what is no film, VisageError if the packages of films are not installed.
 */
export async function readFilmMarks(path: string): Promise<FilmMarks> {
  return whileAlive(async () => {
    const film = await openFilmFile(path);
    try {
      const packet = await xmpPacket(path);
      const xmp = packet === undefined ? undefined : readXmp(packet);
      const { comment } = await film.input.getMetadataTags();
      const frames = film.read();
      const { value: frame } = await frames.next();
      await frames.return();
      let label = false;
      if (frame) {
        const [planes, shape] = [uploadPlanes(frame.data, frame.form), frameOf(frame.form)];
        const shown = pictureOfPlanes(planes, frame.form, shape);
        label = hasLabel(await downloadPicture(shown));
        for (const held of [planes, shape, shown.pixels]) held.dispose();
      }
      const isMark = typeof comment === 'string' && comment.includes(SOURCE_TYPE);
      const { width, height } = film;
      return { width, height, ...(xmp && { xmp }), ...(isMark && { comment }), label };
    } finally {
      film.close();
    }
  });
}

/** The XMP packet in the boxes at the top of a film. */
async function xmpPacket(path: string): Promise<string | undefined> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    let at = 0;
    for (let box = 0; box < MOST_BOXES && at + HEAD <= size; box++) {
      const head = await bytesAt(file, at, UUID_HEAD);
      const [short, type] = [head.readUInt32BE(0), head.toString('latin1', 4, 8)];
      const long = short === 1 ? Number(head.readBigUInt64BE(8)) : short;
      const length = long === 0 ? size - at : long;
      if (length < HEAD) return undefined; // no boxes
      if (type === 'uuid' && head.toString('hex', 8) === XMP_UUID && length <= LONGEST)
        return (await bytesAt(file, at + UUID_HEAD, length - UUID_HEAD)).toString('utf8');
      at += length;
    }
    return undefined;
  } finally {
    await file.close();
  }
}

/** Bytes of a file; zeros behind its end. */
async function bytesAt(file: FileHandle, position: number, count: number): Promise<Buffer> {
  const buffer = Buffer.alloc(Math.max(0, count));
  await file.read(buffer, 0, buffer.length, position);
  return buffer;
}
