/**
 * @file Gradients that sum to zero over the rows of each channel: those that a norm sends back, because it ignores a
 * shift of its input.
 *
 * So the bias of a convolution in front of a norm has the gradient zero. PyTorch adds up a whole image of rounding
 * errors for it, and Adam makes full steps of them; here nothing is added up.
 */
import type { DType } from '../core/dtype.ts';
import type { Tensor } from '../core/tensor.ts';
import { cast } from './cast.ts';
import { fill } from './create.ts';
import { sum } from './reduce.ts';

const marked = new WeakSet<Tensor>();

/** Says of a gradient that its sum over all axes but the last is zero in theory, whatever the inputs. */
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
