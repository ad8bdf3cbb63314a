/**
 * @file Gradients that sum to zero over the rows of each channel. A norm ignores a constant that is added to its input,
 * so the gradient of its input is one of them.
 *
 * The bias of a convolution in front of a norm therefore has the gradient zero. PyTorch computes it as the sum of a
 * whole image of rounding errors, of which Adam makes full steps; here such a sum is replaced by zeros.
 */
import type { DType } from '../core/dtype.ts';
import type { Tensor } from '../core/tensor.ts';
import { cast } from './cast.ts';
import { fill } from './create.ts';
import { sum } from './reduce.ts';

const marked = new WeakSet<Tensor>();

/** Marks a gradient whose exact sum over all axes but the last is zero, whatever the inputs, and returns it. */
export function sumsToZero(gradient: Tensor): Tensor {
  marked.add(gradient);
  return gradient;
}

/** The gradient of a bias: the sum of `g` over all axes but the last, in f32 whatever `g` is. */
export function biasGradient(g: Tensor, dtype: DType): Tensor {
  if (marked.has(g)) return cast(fill(g.gpu, [g.dim(-1)], 0), dtype);
  const axes = g.shape.slice(0, -1).map((_, axis) => axis);
  return cast(sum(g, axes), dtype);
}
