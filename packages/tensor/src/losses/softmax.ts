import { checkShape, normalizeAxis } from '../core/shape.ts';
import { checkFloat } from '../core/storage.ts';
import type { Tensor } from '../core/tensor.ts';
import { div, neg, sub } from '../elementwise/arithmetic.ts';
import { cast } from '../elementwise/cast.ts';
import { checkLabels, oneHot } from '../elementwise/indexing.ts';
import { flat, pointwise } from '../elementwise/pointwise.ts';
import { max, mean, sum } from '../elementwise/reduce.ts';
import { exp, log } from '../elementwise/unary.ts';
import { refuseMore } from './loss.ts';

/** x − max x in f32: its softmax is that of x, and no exponential overflows. No gradient flows through the maximum. */
const stable = (op: string, x: Tensor, axis: number): Tensor => {
  checkFloat(op, 'x', x);
  normalizeAxis(op, axis, x.rank);
  const full = cast(x, 'f32');
  return sub(full, max(full.detach(), axis, true));
};

/**
 * eˣ / Σ eˣ over `axis`.
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16 and has the axis.
 */
export function softmax(x: Tensor, axis = -1): Tensor {
  const powers = exp(stable('softmax', x, axis));
  return div(powers, sum(powers, axis, true));
}

/**
 * log(softmax(x)) over `axis`, without the cancellation of taking the logarithm afterwards.
 *
 * @throws ArgumentError as {@link softmax}.
 */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  const shifted = stable('logSoftmax', x, axis);
  return sub(shifted, log(sum(exp(shifted), axis, true)));
}

/**
 * x · choice, and 0 where the choice is 0, whatever x is. A logit of −∞ rules a class out, and 0 · −∞ would be NaN.
 * Where the choice is NaN the result is NaN.
 */
const pickedBy = (choice: Tensor, x: Tensor): Tensor =>
  pointwise('pickedBy', 'select(a * b, V(0.0), isZero(b))', [x, choice], [(g) => pickedBy(choice, g), flat]);

/**
 * Softmax cross entropy, mean over the batch: −mean of logSoftmax(logits)[i, labels[i]].
 *
 * logits [n, classes] f32, labels [n] i32 or u32 → scalar. A label outside the classes makes the loss NaN; a logit of
 * −∞ rules its class out.
 *
 * @throws ArgumentError for other shapes or types, and for arguments that other libraries have (weights, reduction).
 */
export function crossEntropy(logits: Tensor, labels: Tensor, ...more: readonly never[]): Tensor {
  checkFloat('crossEntropy', 'logits', logits);
  checkShape('crossEntropy', 'logits', logits.shape, [null, null]);
  checkLabels('crossEntropy', 'labels', labels, logits.dim(0), 'logits');
  refuseMore('crossEntropy', 'logits and labels', more);
  return neg(mean(sum(pickedBy(oneHot(labels, logits.dim(1)), logSoftmax(logits)), 1)));
}
