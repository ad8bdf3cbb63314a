/**
 * @file PNG files; pngjs packs those that are written. Files are hostile: everything that decides how much memory is
 * taken is read from the header and bounded before the pixels are unpacked, and every error is one line that names the
 * file.
 */
import { checkOptions } from '@visage/gpu';
import { crc32, FileError, inflate } from '@visage/nn';
import { checkOutput, loadFile, saveFile } from '@visage/nn/node';
import { PNG } from 'pngjs';
import type { Image } from '../images/image.ts';
import { colorsOf, type PngHeader, unpackedBytes } from './pngPixels.ts';

/** Largest side and largest number of pixels that {@link readPng} accepts. */
export const pngLimits = { side: 8192, pixels: 2 ** 25, bytes: 2 ** 27 } as const;

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

interface Chunk {
  readonly type: string;
  readonly body: Buffer;
  /** Whether its checksum is right. */
  readonly sound: boolean;
}

/**
 * Walks the chunks of a file that begins with the signature, up to the one that ends the image; what phones and
 * messengers append is no part of it.
 */
function* chunksOf(bytes: Buffer, name: string): Generator<Chunk> {
  for (let at = signature.length; ; ) {
    const length = at + 12 <= bytes.length ? bytes.readUInt32BE(at) : Number.POSITIVE_INFINITY;
    const end = at + 8 + length;
    if (end + 4 > bytes.length) throw new FileError(name, 'is a damaged PNG image: it is cut off');
    const type = bytes.toString('latin1', at + 4, at + 8);
    yield {
      type,
      body: bytes.subarray(at + 8, end),
      sound: crc32(bytes.subarray(at + 4, end)) === bytes.readUInt32BE(end),
    };
    if (type === 'IEND') return;
    at = end + 4;
  }
}

/** Reads the header, and checks the sizes that it claims before anything is decoded. */
function readHeader(chunk: Chunk | undefined, name: string): PngHeader {
  if (chunk?.type !== 'IHDR' || chunk.body.length !== 13)
    throw new FileError(name, 'is a damaged PNG image: it must begin with its only header');
  const [width, height] = [chunk.body.readUInt32BE(0), chunk.body.readUInt32BE(4)];
  const { side, pixels } = pngLimits;
  if (width < 1 || height < 1 || width > side || height > side || width * height > pixels) {
    throw new FileError(name, `claims ${width} x ${height} pixels; sides may be up to ${side}, pixels up to ${pixels}`);
  }
  const [depth, colorType, packing, filtering, interlacing] = chunk.body.subarray(8) as unknown as number[];
  const facts = `${width} x ${height}, ${depth} bits, colour type ${colorType}${interlacing ? ', interlaced' : ''}`;
  if (!chunk.sound) throw new FileError(name, `is a damaged PNG image: the checksum of its header (${facts}) is wrong`);
  if (packing !== 0 || filtering !== 0 || (interlacing as number) > 1)
    throw new FileError(name, `is a PNG image of an unknown kind: methods ${packing}, ${filtering} and ${interlacing}`);
  return { width, height, depth: depth as number, colorType: colorType as number, interlaced: interlacing === 1 };
}

/** The parts of a file that decide its colours. */
interface PngParts {
  readonly header: PngHeader;
  readonly chunks: readonly Chunk[];
}

/** Checks the structure of the file, before anything is decoded. */
function readParts(bytes: Buffer, name: string): PngParts {
  if (bytes.length > pngLimits.bytes) {
    throw new FileError(name, `is ${bytes.length} bytes long, more than ${pngLimits.bytes}`);
  }
  if (!bytes.subarray(0, 8).equals(signature)) throw new FileError(name, 'is not a PNG image');
  const chunks = [...chunksOf(bytes, name)];
  const header = readHeader(chunks[0], name);
  for (const { type, sound } of chunks.slice(1)) {
    if (type === 'IHDR') throw new FileError(name, 'is a damaged PNG image: it must begin with its only header');
    // ancillary chunks, which readers may skip; the critical ones decide the colours
    if (!/^[A-Z]/.test(type)) continue;
    if (!['PLTE', 'IDAT', 'IEND'].includes(type))
      throw new FileError(name, `is a PNG image with a part ${JSON.stringify(type)}, which is not known`);
    if (!sound) throw new FileError(name, `is a damaged PNG image: the checksum of a part ${type} is wrong`);
  }
  return { header, chunks };
}

const PALETTE = 3; // the colour type

/** The palette of an image whose pixels are numbers of its colours. */
function paletteOf({ header, chunks }: PngParts, name: string): Uint8Array | undefined {
  if (header.colorType !== PALETTE) return undefined; // others may suggest one
  const palettes = chunks.filter(({ type }) => type === 'PLTE').map(({ body }) => body);
  const [palette] = palettes;
  if (!palette || palettes.length > 1 || palette.length % 3 !== 0 || palette.length > 768)
    throw new FileError(name, 'is a damaged PNG image: it needs one palette of at most 256 colours');
  return palette;
}

/**
 * Decodes a PNG image of any colour type, depth and interlacing to RGB. Transparency is dropped: a pixel keeps the
 * colour that it has in the file.
 *
 * @param name how errors call the image, for instance its path
 * @throws FileError when the bytes are not a PNG image, are damaged, or exceed {@link pngLimits}
 */
export function decodePng(bytes: Uint8Array, name: string): Image {
  const parts = readParts(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), name);
  const { header, chunks } = parts;
  const palette = paletteOf(parts, name);
  const needed = unpackedBytes(header, name);
  const packed = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ body }) => body));
  const [method = 0, flags = 0] = packed; // RFC 1950
  if (packed.length < 2) throw new FileError(name, 'is a damaged PNG image: it is cut off before its pixels');
  if ((method & 15) !== 8 || (256 * method + flags) % 31 !== 0 || flags & 0x20)
    throw new FileError(name, 'is a damaged PNG image: its pixels are not packed as those of PNG are');
  // Some writers leave bytes behind the pixels; nothing needs them, and unpacking them could take any amount of memory.
  const unpacked = inflate(packed, needed, `${name}: is a damaged PNG image`, { from: 2, prefix: true });
  return colorsOf(header, unpacked, palette, name);
}

/** Reads a PNG file. Errors as {@link decodePng}. */
export const readPng = async (path: string): Promise<Image> => decodePng(await loadFile(path), path);

/** An iTXt chunk: UTF-8 text under a keyword, uncompressed. */
function textChunk(keyword: string, text: string): Buffer {
  if (!/^[\x20-\x7e]{1,79}$/.test(keyword))
    throw new RangeError(`PNG keyword '${keyword}' must be 1 to 79 printable ASCII letters`);
  const body = Buffer.concat([Buffer.from(`iTXt${keyword}`, 'latin1'), Buffer.alloc(5), Buffer.from(text, 'utf8')]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(body.length - 4, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

/** What goes into a file beside the pixels. */
export interface PngOptions {
  /** Texts by keyword, written as iTXt chunks; XMP goes under `XML:com.adobe.xmp`. */
  readonly texts?: Readonly<Record<string, string>>;
}

/** Encodes an image as 8-bit RGB PNG; values outside [0, 1] are clamped. */
export function encodePng(source: Image, options: PngOptions = {}): Buffer {
  checkOptions('encodePng', options, { texts: true });
  const png = new PNG({ width: source.width, height: source.height, colorType: 2, inputHasAlpha: true });
  for (let p = 0; p < source.width * source.height; p++) {
    for (let c = 0; c < 3; c++) {
      const value = Math.min(1, Math.max(0, source.data[3 * p + c] as number));
      png.data[4 * p + c] = Math.round(255 * value);
    }
    png.data[4 * p + 3] = 255;
  }
  const bytes = PNG.sync.write(png, { colorType: 2, inputHasAlpha: true });
  const header = 33; // signature and IHDR
  const texts = Object.entries(options.texts ?? {}).map(([keyword, text]) => textChunk(keyword, text));
  return Buffer.concat([bytes.subarray(0, header), ...texts, bytes.subarray(header)]);
}

/**
 * Writes a PNG file; see {@link saveFile}.
 *
 * @throws FileError when the name has another ending than `.png`, or cannot be written.
 */
export async function writePng(path: string, source: Image, options?: PngOptions): Promise<void> {
  await checkOutput(path, { endings: ['.png'] });
  await saveFile(path, encodePng(source, options));
}

/**
 * The iTXt and tEXt texts of a PNG file by keyword, for tests and for tools that look for the mark of a generated
 * image.
 */
export function pngTexts(bytes: Uint8Array, name: string): Record<string, string> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts: [string, string][] = [];
  for (const { type, body } of readParts(buffer, name).chunks) {
    const end = body.indexOf(0); // of the keyword
    if (type === 'tEXt' && end > 0) texts.push([body.toString('latin1', 0, end), body.toString('latin1', end + 1)]);
    if (type !== 'iTXt' || end < 1 || body[end + 1] !== 0) continue;
    const translated = body.indexOf(0, body.indexOf(0, end + 3) + 1); // after language tag and translated keyword
    texts.push([body.toString('latin1', 0, end), body.toString('utf8', translated + 1)]);
  }
  return Object.fromEntries(texts);
}
