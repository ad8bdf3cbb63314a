/** @file How a WebP file is turned, by its EXIF data: browsers follow those of JPEG, and not all those of WebP. */

const RIFF_HEADER = 12;
const CHUNK_HEADER = 8;
const FLAGS = 20; // the flags of a chunk VP8X, which comes first in a file with EXIF data
const EXIF_FLAG = 0x08;
const ORIENTATION = 0x0112;
const FIELD = 12; // bytes of a field of TIFF

const lettersOf = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));

/** The orientation that EXIF data name, from 1 to 8 (TIFF 6.0, tag 274); 1 where they name none. */
function orientationOf(exif: Uint8Array): number {
  const tiff = lettersOf(exif, 0) === 'Exif' ? exif.subarray(6) : exif; // some writers put JPEG's signature before it
  const order = String.fromCharCode(...tiff.subarray(0, 2));
  if (tiff.length < 8 || (order !== 'II' && order !== 'MM')) return 1;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const little = order === 'II';
  const fields = view.getUint32(4, little);
  if (fields + 2 > tiff.length) return 1;
  const end = Math.min(tiff.length, fields + 2 + FIELD * view.getUint16(fields, little));
  for (let at = fields + 2; at + FIELD <= end; at += FIELD) {
    if (view.getUint16(at, little) !== ORIENTATION) continue;
    const value = view.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/**
 * The orientation of a WebP file, and the file without it: its EXIF data get a name that no decoder knows, so that none
 * turns the picture a second time.
 */
export function withoutTurn(bytes: Uint8Array): { readonly bytes: Uint8Array; readonly orientation: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = RIFF_HEADER; at + CHUNK_HEADER <= bytes.length; ) {
    const length = view.getUint32(at + 4, true);
    const body = at + CHUNK_HEADER;
    if (lettersOf(bytes, at) === 'EXIF') {
      const orientation = orientationOf(bytes.subarray(body, body + length));
      if (orientation === 1) break;
      const plain = bytes.slice();
      plain.set([0x65, 0x78, 0x69, 0x66], at); // in small letters
      plain[FLAGS] = (plain[FLAGS] as number) & ~EXIF_FLAG;
      return { bytes: plain, orientation };
    }
    at = body + length + (length % 2);
  }
  return { bytes, orientation: 1 };
}

/** A transform of a canvas, as `setTransform` takes it. */
type Turn = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** What shows a stored picture of these sides upright, by its orientation from 1 to 8. Those above 4 swap the sides. */
export function turnOf(orientation: number, width: number, height: number): Turn {
  const turns: readonly Turn[] = [
    [1, 0, 0, 1, 0, 0],
    [-1, 0, 0, 1, width, 0],
    [-1, 0, 0, -1, width, height],
    [1, 0, 0, -1, 0, height],
    [0, 1, 1, 0, 0, 0],
    [0, 1, -1, 0, height, 0],
    [0, -1, -1, 0, height, width],
    [0, -1, 1, 0, 0, width],
  ];
  return turns[orientation - 1] as Turn;
}
