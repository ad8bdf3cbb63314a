/** @file Whether a swap left everything as it was that its mask does not reach. */
import { PIXEL_BYTES, type Picture, type Similarity, scaleOf, transformed } from '@visage/photos';

/** A soft mask of a face in its crop, row by row. */
export interface CropMask {
  readonly values: Float32Array;
  readonly size: number;
}

/**
 * The number of pixels that differ between two pictures of one size though the mask does not reach them.
 *
 * A pixel of the picture is a square of s x s pixels of the crop, s the scale of the transform, turned at most by 45°,
 * and is blended by bilinear samples in it. So the mask reaches it only from crop pixels whose centres are less than
 * s / √2 + 1 from the square's middle, along either axis.
 *
 * @param transform takes points of the picture to points of the crop.
 */
export function changedOutside(before: Picture, after: Picture, mask: CropMask, transform: Similarity): number {
  const radius = scaleOf(transform) * Math.SQRT1_2 + 1;
  const { width, height } = before;
  let changed = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = PIXEL_BYTES * (y * width + x);
      let same = true;
      for (let byte = at; byte < at + PIXEL_BYTES; byte++) same &&= before.data[byte] === after.data[byte];
      if (same) continue;
      const [u, v] = transformed(transform, [x + 0.5, y + 0.5]);
      if (!isReached(mask, u - 0.5, v - 0.5, radius)) changed += 1;
    }
  return changed;
}

/** Whether a pixel of the mask with its centre less than `radius` from (u, v), along either axis, is not 0. */
function isReached({ values, size }: CropMask, u: number, v: number, radius: number): boolean {
  const [left, right] = [Math.max(0, Math.ceil(u - radius)), Math.min(size - 1, Math.floor(u + radius))];
  const [top, bottom] = [Math.max(0, Math.ceil(v - radius)), Math.min(size - 1, Math.floor(v + radius))];
  for (let row = top; row <= bottom; row++)
    for (let column = left; column <= right; column++) if (values[row * size + column] !== 0) return true;
  return false;
}
