import type { Picture } from '../core/picture.ts';
import { greyOf, resizedGrey } from '../people/grey.ts';
import { type PlaneForm, type PlaneLayout, samplingOf } from './planes.ts';

/** Sides of a thumbnail. */
const [COLUMNS, ROWS] = [32, 18] as const;

/** Samples along each side of a cell. */
const SAMPLES = 4;

/** A mean difference of thumbnails, in steps of 8 bits, from which on two frames belong to different scenes. */
const CUT = 20;

/**
 * The luma of a frame in 32 x 18 cells, each the mean of 4 x 4 samples: enough to tell scenes apart, and quick enough
 * to be made of every frame.
 */
export function thumbnailOf(data: Uint8Array, { format, width, height, layout }: PlaneForm): Uint8Array {
  const { bits } = samplingOf(format);
  const { offset, stride } = layout[0] as PlaneLayout;
  const bytes = bits === 8 ? 1 : 2;
  const sample = (x: number, y: number): number => {
    const at = offset + y * stride + x * bytes;
    return bits === 8 ? (data[at] as number) : ((data[at] as number) + 256 * (data[at + 1] as number)) >> (bits - 8);
  };
  const place = (cell: number, inner: number, cells: number, pixels: number): number =>
    Math.floor(((cell + (inner + 0.5) / SAMPLES) * pixels) / cells);
  const thumbnail = new Uint8Array(COLUMNS * ROWS);
  for (let k = 0; k < thumbnail.length; k++) {
    let sum = 0;
    for (let inner = 0; inner < SAMPLES * SAMPLES; inner++) {
      const x = place(k % COLUMNS, inner % SAMPLES, COLUMNS, width);
      const y = place(Math.floor(k / COLUMNS), Math.floor(inner / SAMPLES), ROWS, height);
      sum += sample(x, y);
    }
    thumbnail[k] = Math.round(sum / SAMPLES ** 2);
  }
  return thumbnail;
}

/** As {@link thumbnailOf}, of a picture. */
export function thumbnailOfPicture(picture: Picture): Uint8Array {
  const { data } = resizedGrey(greyOf(picture), COLUMNS, ROWS);
  return Uint8Array.from(data, Math.round);
}

/**
 * Does a new scene begin between two frames? A scene that begins where none does costs a search for faces, one that is
 * overlooked costs the frames until the next search.
 */
export function isCut(before: Uint8Array, after: Uint8Array): boolean {
  let sum = 0;
  for (const [k, value] of before.entries()) sum += Math.abs(value - (after[k] as number));
  return sum > CUT * before.length;
}
