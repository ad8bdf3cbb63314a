import { ArgumentError } from '@visage/gpu';
import type { GreyPicture } from './grey.ts';

/**
 * How sharp a picture is: the variance of its Laplacian, left + right + up + down − 4 · middle, over all pixels that
 * have four neighbours (Pech-Pacheco et al. 2000, ICPR). A flat picture has 0.
 *
 * It grows with the contrast of fine detail, so it depends on the size: only aligned faces of the same size compare. A
 * small face that was enlarged to that size has little detail, and counts as soft.
 *
 * @throws ArgumentError unless the picture has at least 3 x 3 pixels.
 */
export function sharpness({ width, height, data }: GreyPicture): number {
  if (width < 3 || height < 3)
    throw new ArgumentError('sharpness', 'picture', `${width} x ${height} pixels`, 'at least 3 x 3');
  let [sum, squares] = [0, 0];
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      const around =
        (data[at - 1] as number) +
        (data[at + 1] as number) +
        (data[at - width] as number) +
        (data[at + width] as number);
      const value = around - 4 * (data[at] as number);
      sum += value;
      squares += value * value;
    }
  }
  const count = (width - 2) * (height - 2);
  return Math.max(0, squares / count - (sum / count) ** 2);
}
