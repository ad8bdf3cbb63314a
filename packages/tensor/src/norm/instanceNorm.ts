import { ArgumentError, checkNumber } from '@visage/gpu';
import { checkShape, showShape } from '../core/shape.ts';
import { checkFloat } from '../core/storage.ts';
import type { Tensor } from '../core/tensor.ts';
import { add, mul, sub } from '../elementwise/arithmetic.ts';
import { mean } from '../elementwise/reduce.ts';
import { rsqrt, square } from '../elementwise/unary.ts';
import type { NormProblem } from '../reduce/threads.ts';
import { standardized } from './standardize.ts';

/**
 * The norm of each sample and channel of an image batch over its pixels.
 *
 * @throws ArgumentError for images of one pixel, as PyTorch: it is its own mean, and the result would be zero whatever
 * it is.
 */
export function imageNorm(op: string, x: Tensor, eps: number): NormProblem {
  checkFloat(op, 'x', x);
  checkShape(op, 'x', x.shape, [null, null, null, null], 'Images are [batch, height, width, channels]');
  checkNumber(op, 'eps', eps, 0);
  if (x.dim(1) * x.dim(2) === 1)
    throw new ArgumentError(op, 'x', showShape(x.shape), 'more than one pixel', 'Use larger images, or fewer halvings');
  return { outer: x.dim(0), rows: x.dim(1) * x.dim(2), channels: x.dim(3), eps };
}

/** The definition in plain ops: centred, then divided by √(mean of squares + eps). */
export function composedInstanceNorm(x: Tensor, eps: number): Tensor {
  const centred = sub(x, mean(x, [1, 2], true));
  return mul(centred, rsqrt(add(mean(square(centred), [1, 2], true), eps)));
}

/**
 * Instance normalisation: (x − mean) / √(var + eps) over the pixels of each sample and channel, variance biased.
 *
 * x [n, h, w, c] → [n, h, w, c], more than one pixel. Ulyanov et al. 2016; SimSwap writes it with eps 1e-8.
 *
 * @throws ArgumentError unless x are images of f32 or f16 of more than one pixel, and eps is at least 0.
 */
export function instanceNorm(x: Tensor, eps = 1e-5): Tensor {
  return standardized(x, imageNorm('instanceNorm', x, eps));
}
