import type { Box } from '../core/geometry.ts';
import { composed, type Similarity } from '../core/geometry.ts';
import { PIXEL_BYTES, type Picture, picture } from '../core/picture.ts';

/**
 * A window of a picture, smaller by a whole factor: each pixel is the mean of `factor` x `factor` pixels, where what is
 * outside the picture counts as black.
 *
 * The window begins at multiples of the factor. Alpha becomes opaque, because crops have none.
 */
export function shrunkWindow({ width, height, data }: Picture, factor: number, window: Box): Picture {
  const [columns, rows] = [Math.ceil(window.width / factor), Math.ceil(window.height / factor)];
  const out = picture(columns, rows);
  const sums = new Uint32Array(3 * columns);
  const right = Math.min(width, window.x + columns * factor);
  for (let row = 0; row < rows; row++) {
    sums.fill(0);
    const top = window.y + row * factor;
    for (let y = top; y < Math.min(height, top + factor); y++) {
      let at = PIXEL_BYTES * (y * width + window.x);
      for (let x = window.x; x < right; x++, at += PIXEL_BYTES) {
        const to = 3 * Math.floor((x - window.x) / factor);
        sums[to] = (sums[to] as number) + (data[at] as number);
        sums[to + 1] = (sums[to + 1] as number) + (data[at + 1] as number);
        sums[to + 2] = (sums[to + 2] as number) + (data[at + 2] as number);
      }
    }
    for (let column = 0; column < columns; column++)
      for (let channel = 0; channel < 3; channel++) {
        const mean = (sums[3 * column + channel] as number) / (factor * factor);
        out.data[PIXEL_BYTES * (row * columns + column) + channel] = Math.round(mean);
      }
  }
  return out;
}

/**
 * The transform of the shrunken window that shows what `transform` shows of the picture.
 *
 * @param index do positions name pixels instead of corners?
 */
export function shrunkTransform(transform: Similarity, factor: number, { x, y }: Box, index: boolean): Similarity {
  const half = index ? (factor - 1) / 2 : 0; // from the first pixel of a block to the middle of the block
  return composed(transform, { a: factor, b: 0, tx: x + half, ty: y + half });
}
