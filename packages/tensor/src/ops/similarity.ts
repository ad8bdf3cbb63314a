import { ArgumentError } from '@visage/gpu';
import { sameShape, showShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { div, maximum, mul } from './arithmetic.ts';
import { cast } from './cast.ts';
import { sum } from './reduce.ts';
import { sqrt, square } from './unary.ts';

/**
 * max(‖x‖, eps) over `axis`, which stays with extent 1.
 *
 * The bound sits under the root: there the gradient of a zero vector is 0, where √ alone would make it infinite.
 */
const boundedNorm = (x: Tensor, axis: number, eps: number): Tensor =>
  sqrt(maximum(sum(square(x), axis, true), eps * eps));

/** x / max(‖x‖, eps) in f32, Euclidean norm over `axis`, as PyTorch's `normalize`. eps at least 1e-19, or its square vanishes in f32. */
export function l2Normalize(x: Tensor, axis = 1, eps = 1e-12): Tensor {
  const full = cast(x, 'f32');
  return div(full, boundedNorm(full, axis, eps));
}

/**
 * Cosine of the angle between vectors along `axis`: a·b / (max(‖a‖, eps) · max(‖b‖, eps)), as PyTorch's `cosine_similarity`.
 *
 * a and b of equal shape; `axis` vanishes.
 */
export function cosineSimilarity(a: Tensor, b: Tensor, axis = 1, eps = 1e-8): Tensor {
  if (!sameShape(a.shape, b.shape))
    throw new ArgumentError(
      'cosineSimilarity',
      'b',
      showShape(b.shape),
      showShape(a.shape),
      'Use expand() to compare with one vector',
    );
  return sum(mul(l2Normalize(a, axis, eps), l2Normalize(b, axis, eps)), axis);
}
