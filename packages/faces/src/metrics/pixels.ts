/**
 * @file How close swapped images come to the exact truth, on the inner-face mask. Images are flat NHWC f32 in [0, 1].
 */
import { ArgumentError } from '@visage/gpu';

/** Per-image errors and their means. */
export interface PixelErrors {
  /** Mean absolute difference over masked values, one per image. */
  readonly l1: readonly number[];
  /** Peak signal-to-noise ratio in dB, one per image; `Infinity` where the image equals the truth. */
  readonly psnr: readonly number[];
  readonly meanL1: number;
  readonly meanPsnr: number;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Compares images with their exact truths where the mask is set.
 *
 *   L1 = sum_p m_p |x_p - y_p| / sum_p m_p
 *   PSNR = -10 log10(sum_p m_p (x_p - y_p)^2 / sum_p m_p),  p over pixels and channels
 *
 * PSNR is taken per image and then averaged, as the field does; an image whose mask is empty is left out.
 *
 * @param images [count, ..., channels] values in [0, 1]; `truths` likewise
 * @param masks [count, ..., 1] weights in [0, 1]
 * @throws ArgumentError when sizes disagree
 */
export function pixelErrors(
  images: Float32Array,
  truths: Float32Array,
  masks: Float32Array,
  count: number,
): PixelErrors {
  const channels = images.length / masks.length;
  const pixels = masks.length / count;
  if (images.length !== truths.length || !Number.isInteger(channels) || !Number.isInteger(pixels)) {
    const got = `${images.length}, ${truths.length} and ${masks.length} values for ${count} images`;
    throw new ArgumentError(
      'pixelErrors',
      'images, truths, masks',
      got,
      'equal images and truths, one mask value per pixel',
    );
  }
  const l1: number[] = [];
  const psnr: number[] = [];
  for (let n = 0; n < count; n++) {
    let [absolute, square, weight] = [0, 0, 0];
    for (let p = n * pixels; p < (n + 1) * pixels; p++) {
      const m = masks[p] as number;
      if (m === 0) continue;
      for (let c = p * channels; c < (p + 1) * channels; c++) {
        const difference = (images[c] as number) - (truths[c] as number);
        absolute += m * Math.abs(difference);
        square += m * difference * difference;
      }
      weight += m * channels;
    }
    if (weight === 0) continue;
    l1.push(absolute / weight);
    psnr.push(-10 * Math.log10(square / weight));
  }
  return { l1, psnr, meanL1: mean(l1), meanPsnr: mean(psnr) };
}
