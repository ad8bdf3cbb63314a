/**
 * @file PNG files, through pngjs. Files are hostile: everything that decides how much memory is taken is read from the header and
 * bounded before the decoder runs, and every error is one line that names the file.
 */
import { checkOptions } from '@visage/gpu';
import { FileError } from '@visage/nn';
import { loadFile, saveFile } from '@visage/nn/node';
import { PNG } from 'pngjs';
import { type Image, image } from '../images/image.ts';

/** Largest side and largest number of pixels that {@link readPng} accepts. */
export const pngLimits = { side: 8192, pixels: 2 ** 25, bytes: 2 ** 27 } as const;

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Walks the chunks of a file that begins with the signature. */
function* chunksOf(bytes: Buffer, name: string): Generator<{ type: string; body: Buffer }> {
  for (let at = signature.length; at < bytes.length; ) {
    const length = at + 12 <= bytes.length ? bytes.readUInt32BE(at) : Number.POSITIVE_INFINITY;
    if (at + 12 + length > bytes.length) throw new FileError(name, 'is a damaged PNG image: it is cut off');
    yield { type: bytes.toString('latin1', at + 4, at + 8), body: bytes.subarray(at + 8, at + 8 + length) };
    at += 12 + length;
  }
}

/** Checks the structure of the file and the sizes that it claims, before anything is decoded. */
function checkFile(bytes: Buffer, name: string): void {
  if (bytes.length > pngLimits.bytes) {
    throw new FileError(name, `is ${bytes.length} bytes long, more than ${pngLimits.bytes}`);
  }
  if (!bytes.subarray(0, 8).equals(signature)) throw new FileError(name, 'is not a PNG image');
  const chunks = [...chunksOf(bytes, name)];
  const header = chunks[0];
  // The decoder believes the last header that it meets, so there must be one only.
  if (header?.type !== 'IHDR' || header.body.length !== 13 || chunks.filter((c) => c.type === 'IHDR').length > 1) {
    throw new FileError(name, 'is a damaged PNG image: it must begin with its only header');
  }
  const [width, height] = [header.body.readUInt32BE(0), header.body.readUInt32BE(4)];
  const { side, pixels } = pngLimits;
  if (width < 1 || height < 1 || width > side || height > side || width * height > pixels) {
    throw new FileError(name, `claims ${width} x ${height} pixels; sides may be up to ${side}, pixels up to ${pixels}`);
  }
  // The decoder inflates interlaced images without a bound.
  if (header.body[12] !== 0) throw new FileError(name, 'is an interlaced PNG image; save it without interlacing');
}

/**
 * Decodes a PNG image of any colour type to RGB; transparency is dropped.
 *
 * @param name how errors call the image, for instance its path
 * @throws FileError when the bytes are not a PNG image, are damaged, or exceed {@link pngLimits}
 */
export function decodePng(bytes: Uint8Array, name: string): Image {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  checkFile(buffer, name);
  let decoded: PNG;
  try {
    decoded = PNG.sync.read(buffer);
  } catch (cause) {
    throw new FileError(name, `is a damaged PNG image: ${(cause as Error).message.split('\n')[0]}`);
  }
  const out = image(decoded.width, decoded.height);
  for (let p = 0; p < decoded.width * decoded.height; p++) {
    for (let c = 0; c < 3; c++) out.data[3 * p + c] = (decoded.data[4 * p + c] as number) / 255;
  }
  return out;
}

/** Reads a PNG file. Errors as {@link decodePng}. */
export const readPng = async (path: string): Promise<Image> => decodePng(await loadFile(path), path);

/** Table of the CRC-32 that closes every chunk. */
const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) c = (crcTable[(c ^ byte) & 0xff] as number) ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

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

/** Writes a PNG file beside its final name and renames it. */
export const writePng = (path: string, source: Image, options?: PngOptions): Promise<void> =>
  saveFile(path, encodePng(source, options));

/** The iTXt and tEXt texts of a PNG file by keyword, for tests and for tools that look for the mark of a generated image. */
export function pngTexts(bytes: Uint8Array, name: string): Record<string, string> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  checkFile(buffer, name);
  const texts: [string, string][] = [];
  for (const { type, body } of chunksOf(buffer, name)) {
    const end = body.indexOf(0); // of the keyword
    if (type === 'tEXt' && end > 0) texts.push([body.toString('latin1', 0, end), body.toString('latin1', end + 1)]);
    if (type !== 'iTXt' || end < 1 || body[end + 1] !== 0) continue;
    const translated = body.indexOf(0, body.indexOf(0, end + 3) + 1); // after language tag and translated keyword
    texts.push([body.toString('latin1', 0, end), body.toString('utf8', translated + 1)]);
  }
  return Object.fromEntries(texts);
}
