import { open, stat } from 'node:fs/promises';

/** What a target of a swap is besides a photograph. */
export type FilmTarget = 'film' | 'folder' | 'pipe';

/** Bytes at the beginning of a file that decide. */
const HEAD = 512;

/** Brands of the ISO base media format that are pictures (AVIF, HEIF). */
const PICTURE_BRANDS: readonly string[] = ['avif', 'avis', 'heic', 'heix', 'heif', 'mif1', 'msf1', 'hevc', 'hevx'];

/** Boxes by which a QuickTime film without a brand begins. */
const BOXES: readonly string[] = ['moov', 'mdat', 'wide', 'free', 'skip'];

/** Beginnings of films in hexadecimal. Matroska and WebM, Ogg, FLV, ASF, MPEG-PS; ffmpeg alone reads some of them. */
const BEGINNINGS: readonly string[] = ['1a45dfa3', '4f676753', '464c56', '3026b275', '000001ba'];

/** Packets of MPEG-TS have this many bytes, and begin with the byte 0x47, or have it behind four bytes of time. */
const PACKETS = [
  { bytes: 188, at: 0 },
  { bytes: 192, at: 4 },
] as const;

/**
 * Says whether a target is a film file, a folder or, by the name `-`, a pipe, by what a file holds and not by its name.
 *
 * @returns undefined for anything else: a photograph, or a file that is not there.
 */
export async function filmTarget(path: string): Promise<FilmTarget | undefined> {
  if (path === '-') return 'pipe';
  const status = await stat(path).catch(() => undefined);
  if (status?.isDirectory()) return 'folder';
  if (!status?.isFile()) return undefined;
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    return isFilm(buffer.subarray(0, bytesRead)) ? 'film' : undefined;
  } finally {
    await file.close();
  }
}

function isFilm(head: Buffer): boolean {
  const text = (from: number): string => head.toString('latin1', from, from + 4);
  if (text(4) === 'ftyp') return !PICTURE_BRANDS.includes(text(8));
  if (BOXES.includes(text(4))) return true;
  if (text(0) === 'RIFF') return text(8) === 'AVI ';
  if (BEGINNINGS.some((begin) => head.toString('hex').startsWith(begin))) return true;
  return PACKETS.some(({ bytes, at }) => head[at] === 0x47 && head[at + bytes] === 0x47);
}
