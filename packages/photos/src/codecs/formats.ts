/** @file What a file holds, by its first bytes; and which format a file is written in, by its name. */
import { FileError } from '@visage/nn';

/** Formats that pictures are written in. */
export type PictureFormat = 'jpeg' | 'png' | 'webp' | 'avif' | 'tiff';

/** Formats that pictures are read from. */
export type ReadableFormat = PictureFormat | 'gif';

/** Facts about a format that pictures are written in. */
export interface FormatFacts {
  /** How messages call it. */
  readonly label: string;
  /** The endings of its files, the usual one first. */
  readonly endings: readonly string[];
  /** The longest side that it can hold, in pixels. */
  readonly side: number;
  /** Whether it holds alpha. */
  readonly alpha: boolean;
  /** The quality that pictures are written with unless another is chosen; a format without it is lossless. */
  readonly quality?: number;
}

/**
 * The formats that pictures are written in. The sides are the limits of libjpeg, libpng, libwebp, libaom and libtiff.
 */
export const pictureFormats: Readonly<Record<PictureFormat, FormatFacts>> = {
  jpeg: { label: 'JPEG', endings: ['.jpg', '.jpeg', '.jpe', '.jfif'], side: 65_500, alpha: false, quality: 92 },
  png: { label: 'PNG', endings: ['.png'], side: 1_000_000, alpha: true },
  webp: { label: 'WebP', endings: ['.webp'], side: 16_383, alpha: true, quality: 92 },
  avif: { label: 'AVIF', endings: ['.avif'], side: 16_384, alpha: true, quality: 75 },
  tiff: { label: 'TIFF', endings: ['.tif', '.tiff'], side: 1_000_000, alpha: true },
};

/** How messages call a format. */
export const formatName = (format: ReadableFormat): string => (format === 'gif' ? 'GIF' : pictureFormats[format].label);

/** The endings of files that pictures can be written to. */
export const pictureEndings: readonly string[] = Object.values(pictureFormats).flatMap(({ endings }) => endings);

/**
 * The largest picture that is read or written: 134 million pixels (a camera of 108 megapixels stays below), and a file
 * of 1 GiB.
 */
export const pictureLimits = { pixels: 2 ** 27, bytes: 2 ** 30 } as const;

/**
 * The format that the ending of a file's name stands for.
 *
 * @throws FileError for a name with another ending.
 */
export function formatOfName(path: string): PictureFormat {
  const name = path.toLowerCase();
  for (const [format, { endings }] of Object.entries(pictureFormats))
    if (endings.some((ending) => name.endsWith(ending))) return format as PictureFormat;
  throw new FileError(path, `the ending of a file says what it holds; name it ${pictureEndings.join(', ')}`);
}

const HEAD = 64; // bytes that the rules below look at

/** A rule about the first bytes of a file, read as Latin-1 letters. */
type Rule = (head: string) => boolean;

const begins =
  (...signatures: readonly string[]): Rule =>
  (head) =>
    signatures.some((signature) => head.startsWith(signature));

/** A text that begins with one of these words, in any case, behind a mark of its encoding and spaces. */
const saysFirst =
  (...words: readonly string[]): Rule =>
  (head) =>
    begins(...words)(head.replace('\xef\xbb\xbf', '').trimStart().toLowerCase());

/** An ISO base media file of one of these brands: the major one, its version, then the compatible ones. */
const branded =
  (...brands: readonly string[]): Rule =>
  (head) =>
    head.startsWith('ftyp', 4) && (head.slice(8).match(/.{4}/gs) ?? []).some((brand) => brands.includes(brand));

const READABLE: readonly (readonly [Rule, ReadableFormat])[] = [
  [begins('\xff\xd8\xff'), 'jpeg'],
  [begins('\x89PNG\r\n\x1a\n'), 'png'],
  [(head) => head.startsWith('RIFF') && head.startsWith('WEBP', 8), 'webp'],
  [begins('GIF87a', 'GIF89a'), 'gif'],
  [begins('II*\0', 'MM\0*', 'II+\0', 'MM\0+'), 'tiff'],
  [branded('avif', 'avis'), 'avif'],
];

const CONVERT = 'convert it to JPEG, PNG or WebP first';

/** What people also try to open, and what they can do about it. The first that fits counts. */
const KNOWN: readonly (readonly [Rule, string])[] = [
  [
    branded('heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1'),
    `is a HEIC picture, whose coding is patented; ${CONVERT} (a phone can be set to take JPEG)`,
  ],
  [(head) => head.startsWith('ftyp', 4), 'is a film, not a picture'],
  [begins('\x1aE\xdf\xa3'), 'is a film, not a picture'],
  [(head) => head.startsWith('BM') && head.startsWith('\0\0\0\0', 6), `is a BMP picture; ${CONVERT}`],
  [begins('\xff\x0a', '\0\0\0\x0cJXL '), `is a JPEG XL picture; ${CONVERT}`],
  [begins('\0\0\0\x0cjP  ', '\xff\x4f\xff\x51'), `is a JPEG 2000 picture; ${CONVERT}`],
  [begins('8BPS'), `is a Photoshop document; ${CONVERT}`],
  [begins('\0\0\x01\0', '\0\0\x02\0'), `is an icon; ${CONVERT}`],
  [(head) => /^P[1-7][\s#]/.test(head), `is a PBM, PGM or PPM picture; ${CONVERT}`],
  [begins('%PDF-'), 'is a PDF document, not a picture'],
  [begins('PK\x03\x04'), 'is a ZIP archive, not a picture; unpack it first'],
  [saysFirst('<?xml', '<svg', '<!doctype svg'), `is an XML or SVG document; ${CONVERT}`],
  [saysFirst('<!doctype', '<html', '<head'), 'is a web page, not a picture; the download went wrong'],
  [begins('version https://git-lfs'), 'is a pointer of Git LFS, not a picture; run `git lfs pull`'],
  [
    (head) => [...head].every((letter) => letter === '\0'),
    'is not a picture: it begins with zeros, as after a copy that broke off',
  ],
  [(head) => /^[\t\n\r\x20-\x7e]+$/.test(head), 'is a text, not a picture'],
];

/** @throws FileError for a file of more bytes than are read. */
export function checkLength(length: number, name: string): void {
  const { bytes } = pictureLimits;
  if (length > bytes) throw new FileError(name, `is ${length} bytes long, more than ${bytes}`);
}

/**
 * The format of a file, by its first bytes whatever its name says.
 *
 * @param name how errors call the file, for instance its path.
 * @throws FileError when it is empty, too large, or no picture that can be read; the message says what it is.
 */
export function formatOfBytes(bytes: Uint8Array, name: string): ReadableFormat {
  if (bytes.length === 0) throw new FileError(name, 'is empty');
  checkLength(bytes.length, name);
  const head = String.fromCharCode(...bytes.subarray(0, HEAD));
  const readable = READABLE.find(([fits]) => fits(head));
  if (readable) return readable[1];
  const known = KNOWN.find(([fits]) => fits(head));
  throw new FileError(name, known?.[1] ?? 'is not a JPEG, PNG, WebP, AVIF, GIF or TIFF picture');
}
