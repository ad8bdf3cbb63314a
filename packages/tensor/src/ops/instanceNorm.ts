import { checkShape } from '../shape.ts';
import { checkDType, type Tensor } from '../tensor.ts';
import { add, mul, sub } from './arithmetic.ts';
import { cast } from './cast.ts';
import { type NormProblem, normStatistics } from './normKernels.ts';
import { mean } from './reduce.ts';
import { standardize } from './standardize.ts';
import { rsqrt, square } from './unary.ts';

/** The norm of each sample and channel of an image batch over its pixels. */
export function imageNorm(op: string, x: Tensor, eps: number): NormProblem {
  checkShape(op, 'x', x.shape, [null, null, null, null], 'Images are [batch, height, width, channels]');
  checkDType(op, 'x', x, 'f32');
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
 * x [n, h, w, c] → [n, h, w, c]. Ulyanov et al. 2016; SimSwap writes it with eps 1e-8.
 */
export function instanceNorm(x: Tensor, eps = 1e-5): Tensor {
  if (x.dtype === 'f16') return cast(instanceNorm(cast(x, 'f32'), eps), 'f16');
  const problem = imageNorm('instanceNorm', x, eps);
  return standardize(x, normStatistics(x, problem), problem);
}
