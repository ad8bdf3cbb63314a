import { checkShape } from '../shape.ts';
import { checkDType, type Tensor } from '../tensor.ts';
import type { NormProblem } from './normKernels.ts';
import { standardize } from './standardize.ts';

/** The norm of each sample and channel of an image batch over its pixels. */
export function imageNorm(op: string, x: Tensor, eps: number): NormProblem {
  checkShape(op, 'x', x.shape, [null, null, null, null], 'Images are [batch, height, width, channels]');
  checkDType(op, 'x', x, 'f32');
  return { outer: x.dim(0), rows: x.dim(1) * x.dim(2), channels: x.dim(3), eps };
}

/**
 * Instance normalisation: (x − mean) / √(var + eps) over the pixels of each sample and channel, variance biased.
 *
 * x [n, h, w, c] → [n, h, w, c]. Ulyanov et al. 2016; SimSwap writes it with eps 1e-8.
 */
export const instanceNorm = (x: Tensor, eps = 1e-5): Tensor => standardize(x, imageNorm('instanceNorm', x, eps));
