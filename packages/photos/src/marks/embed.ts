/** @file Puts an XMP packet into an encoded picture, as the XMP specification, part 3, says for each format. */
import { ArgumentError } from '@visage/gpu';
import { crc32 } from '@visage/nn';
import type { PictureFormat } from '../codecs/formats.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Four bytes; the usual order of PNG is big endian, that of RIFF little endian. */
function word(value: number, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, value, littleEndian);
  return bytes;
}

const JPEG_SEGMENT = 65_533; // bytes that a segment can hold behind its length
const JFIF = 0xe0; // the marker that has to come first

/** An APP1 segment behind the start of the image and its JFIF segment. */
function intoJpeg(bytes: Uint8Array, xmp: Uint8Array): Uint8Array {
  const body = joined([ascii('http://ns.adobe.com/xap/1.0/\0'), xmp]);
  if (body.length > JPEG_SEGMENT)
    throw new ArgumentError('embedXmp', 'xmp', `${xmp.length} bytes`, 'a packet of at most 65 kB, which JPEG can hold');
  const at = bytes[3] === JFIF ? 4 + viewOf(bytes).getUint16(4) : 2;
  const length = body.length + 2;
  return joined([
    bytes.subarray(0, at),
    Uint8Array.of(0xff, 0xe1, length >> 8, length & 255),
    body,
    bytes.subarray(at),
  ]);
}

const PNG_HEADER = 33; // the signature and the chunk IHDR

/** An uncompressed iTXt chunk behind the header. */
function intoPng(bytes: Uint8Array, xmp: Uint8Array): Uint8Array {
  // the five zeros: end of the keyword, not compressed, method 0, no language, no translated keyword
  const chunk = joined([ascii('iTXtXML:com.adobe.xmp\0\0\0\0\0'), xmp]);
  const length = word(chunk.length - 4, false);
  return joined([bytes.subarray(0, PNG_HEADER), length, chunk, word(crc32(chunk), false), bytes.subarray(PNG_HEADER)]);
}

const [XMP_FLAG, ALPHA_FLAG] = [0x04, 0x10]; // of a chunk VP8X

/** The chunk VP8X of a file that has none: the size and whether there is alpha, from the header of its pixels. */
function webpHeader(bytes: Uint8Array): Uint8Array {
  const view = viewOf(bytes);
  const lossless = bytes[15] === 0x4c; // the L of VP8L
  const sizes = lossless ? view.getUint32(21, true) : 0;
  const width = lossless ? sizes & 0x3fff : (view.getUint16(26, true) & 0x3fff) - 1;
  const height = lossless ? (sizes >> 14) & 0x3fff : (view.getUint16(28, true) & 0x3fff) - 1;
  const body = new Uint8Array(10);
  if (lossless && (sizes >> 28) & 1) body[0] = ALPHA_FLAG;
  body.set(word(width, true).subarray(0, 3), 4);
  body.set(word(height, true).subarray(0, 3), 7);
  return joined([ascii('VP8X'), word(body.length, true), body]);
}

const RIFF_HEADER = 12;
const VP8X_BYTES = 18;

/** A chunk `XMP ` at the end, and the flag of it in the header. */
function intoWebp(bytes: Uint8Array, xmp: Uint8Array): Uint8Array {
  const extended = bytes[15] === 0x58; // the X of VP8X
  const header = extended ? bytes.slice(RIFF_HEADER, RIFF_HEADER + VP8X_BYTES) : webpHeader(bytes);
  header[8] = (header[8] as number) | XMP_FLAG;
  const rest = bytes.subarray(extended ? RIFF_HEADER + VP8X_BYTES : RIFF_HEADER);
  const chunk = joined([ascii('XMP '), word(xmp.length, true), xmp, new Uint8Array(xmp.length % 2)]);
  const size = 4 + header.length + rest.length + chunk.length;
  return joined([ascii('RIFF'), word(size, true), ascii('WEBP'), header, rest, chunk]);
}

const EMBEDDERS: Readonly<Partial<Record<PictureFormat, (bytes: Uint8Array, xmp: Uint8Array) => Uint8Array>>> = {
  jpeg: intoJpeg,
  png: intoPng,
  webp: intoWebp,
};

/** Whether {@link embedXmp} takes a format; encoders of the others write the packet themselves. */
export const embedsXmp = (format: PictureFormat): boolean => format in EMBEDDERS;

/**
 * Puts an XMP packet into a JPEG, PNG or WebP file without one, fresh from an encoder. The pixels are not touched.
 *
 * @throws ArgumentError for another format, or a packet that JPEG cannot hold.
 */
export function embedXmp(bytes: Uint8Array, format: PictureFormat, xmp: string): Uint8Array {
  const embed = EMBEDDERS[format];
  if (!embed) throw new ArgumentError('embedXmp', 'format', format, Object.keys(EMBEDDERS).join(', '));
  return embed(bytes, ascii(xmp));
}
