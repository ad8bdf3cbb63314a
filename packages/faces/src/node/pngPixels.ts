/**
 * @file From the unpacked bytes of a PNG image to its colours: filters, bit depths, colour types and interlacing (PNG
 * specification, parts 4, 6, 8, 9).
 */
import { FileError } from '@visage/nn';
import { type Image, image } from '../images/image.ts';

/** What the header of a PNG image says. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample. */
  readonly depth: number;
  readonly colorType: number;
  readonly interlaced: boolean;
}

interface ColorType {
  /** Samples of a pixel. */
  readonly samples: number;
  /** Which of them are red, green and blue. */
  readonly rgb: readonly [number, number, number];
  readonly depths: readonly number[];
}

const COLOR_TYPES: ReadonlyMap<number, ColorType> = new Map([
  [0, { samples: 1, rgb: [0, 0, 0], depths: [1, 2, 4, 8, 16] }], // grey
  [2, { samples: 3, rgb: [0, 1, 2], depths: [8, 16] }],
  [3, { samples: 1, rgb: [0, 0, 0], depths: [1, 2, 4, 8] }], // number of a colour in the palette
  [4, { samples: 2, rgb: [0, 0, 0], depths: [8, 16] }], // grey and alpha
  [6, { samples: 4, rgb: [0, 1, 2], depths: [8, 16] }], // with alpha
]);

/**
 * A grid of an image's pixels that lie in a file row by row: all of them, or one of the seven of an interlaced image.
 */
interface Pass {
  readonly left: number;
  readonly top: number;
  readonly stepX: number;
  readonly stepY: number;
  readonly columns: number;
  readonly rows: number;
  /** Bytes of a row behind its filter's number. */
  readonly rowBytes: number;
}

/** Left, top, and the steps to the right and down. */
const ADAM7: readonly (readonly [number, number, number, number])[] = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

const typeOf = ({ colorType, depth }: PngHeader, name: string): ColorType => {
  const type = COLOR_TYPES.get(colorType);
  if (type?.depths.includes(depth)) return type;
  throw new FileError(name, `is a damaged PNG image: there is no colour type ${colorType} of ${depth} bits`);
};

function passesOf(header: PngHeader, name: string): Pass[] {
  const { width, height, depth, interlaced } = header;
  const { samples } = typeOf(header, name);
  const grids = interlaced ? ADAM7 : [[0, 0, 1, 1] as const];
  return (
    grids
      .map(([left, top, stepX, stepY]) => {
        const columns = Math.ceil((width - left) / stepX);
        const rows = Math.ceil((height - top) / stepY);
        return { left, top, stepX, stepY, columns, rows, rowBytes: Math.ceil((columns * samples * depth) / 8) };
      })
      // small images lack the later grids, with nothing in the file for them
      .filter(({ columns, rows }) => columns > 0 && rows > 0)
  );
}

/** How many bytes the pixels unpack to. */
export const unpackedBytes = (header: PngHeader, name: string): number =>
  passesOf(header, name).reduce((sum, { rows, rowBytes }) => sum + rows * (rowBytes + 1), 0);

/**
 * The colours of an image; transparency is dropped, and with it what makes a colour transparent.
 *
 * @param unpacked {@link unpackedBytes} of them; changed in place.
 * @param palette red, green and blue of each colour, for colour type 3.
 * @throws FileError for a filter that does not exist, or a colour that the palette lacks.
 */
export function colorsOf(
  header: PngHeader,
  unpacked: Uint8Array,
  palette: Uint8Array | undefined,
  name: string,
): Image {
  const { samples } = typeOf(header, name);
  const out = image(header.width, header.height);
  const pixelBytes = Math.max(1, (samples * header.depth) / 8);
  let at = 0;
  for (const pass of passesOf(header, name)) {
    let before: Uint8Array | undefined;
    for (let y = 0; y < pass.rows; y++) {
      const row = unpacked.subarray(at + 1, at + 1 + pass.rowBytes);
      unfilter(unpacked[at] as number, row, before ?? new Uint8Array(pass.rowBytes), pixelBytes, name);
      paint(out, header, pass, y, row, palette, name);
      before = row;
      at += 1 + pass.rowBytes;
    }
  }
  return out;
}

/** Adds to each byte what its row's filter predicts from the bytes to the left, above, and above to the left. */
function unfilter(filter: number, row: Uint8Array, above: Uint8Array, pixelBytes: number, name: string): void {
  if (filter > 4) throw new FileError(name, `is a damaged PNG image: there is no filter ${filter}`);
  if (filter === 0) return;
  for (let k = 0; k < row.length; k++) {
    const left = k < pixelBytes ? 0 : (row[k - pixelBytes] as number);
    const up = above[k] as number;
    let predicted = left;
    if (filter === 2) predicted = up;
    else if (filter === 3) predicted = (left + up) >> 1;
    else if (filter === 4) predicted = paeth(left, up, k < pixelBytes ? 0 : (above[k - pixelBytes] as number));
    row[k] = (row[k] as number) + predicted;
  }
}

/** Whichever of the three is nearest to left + up − corner, the former where two are. */
function paeth(left: number, up: number, corner: number): number {
  const [toLeft, toUp, toCorner] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

/** Puts a row of samples into the image. */
function paint(
  { data }: Image,
  header: PngHeader,
  { left, top, stepX, stepY, columns }: Pass,
  y: number,
  row: Uint8Array,
  palette: Uint8Array | undefined,
  name: string,
): void {
  const { width, depth } = header;
  const { samples, rgb } = typeOf(header, name);
  const largest = 2 ** depth - 1;
  const sample = (index: number): number => {
    if (depth === 8) return row[index] as number;
    if (depth === 16) return 256 * (row[2 * index] as number) + (row[2 * index + 1] as number);
    const bit = index * depth; // the leftmost sample lies in the highest bits
    return ((row[bit >> 3] as number) >> (8 - depth - (bit & 7))) & largest;
  };
  for (let x = 0; x < columns; x++) {
    const to = 3 * ((top + y * stepY) * width + left + x * stepX);
    for (let c = 0; c < 3; c++) {
      const value = sample(x * samples + (rgb[c] as number));
      if (palette === undefined) data[to + c] = value / largest;
      else if (3 * value < palette.length) data[to + c] = (palette[3 * value + c] as number) / 255;
      else throw new FileError(name, `is a damaged PNG image: its palette has no colour ${value}`);
    }
  }
}
