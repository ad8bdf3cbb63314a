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

/** x − max x in f32: the same softmax, and no exponential overflows. The maximum is a constant to the gradient. */
const stable = (op: string, x: Tensor, axis: number): Tensor => {
  checkFloat(op, 'x', x);
  normalizeAxis(op, axis, x.rank);
  const full = cast(x, 'f32');
  return sub(full, max(full.detach(), axis, true));
};

/** eˣ / Σ eˣ over `axis`. */
export function softmax(x: Tensor, axis = -1): Tensor {
  const powers = exp(stable('softmax', x, axis));
  return div(powers, sum(powers, axis, true));
}

/** log(softmax(x)) over `axis`, without the cancellation of taking the logarithm afterwards. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  const shifted = stable('logSoftmax', x, axis);
  return sub(shifted, log(sum(exp(shifted), axis, true)));
}

/**
 * x · choice with 0 where the choice is 0, whatever x is: 0 times the −∞ of a class that is ruled out would be NaN. The
 * choice NaN stays.
 */
const pickedBy = (choice: Tensor, x: Tensor): Tensor =>
  pointwise('pickedBy', 'select(a * b, V(0.0), isZero(b))', [x, choice], [(g) => pickedBy(choice, g), flat]);

/**
 * Softmax cross entropy, mean over the batch: −mean of logSoftmax(logits)[i, labels[i]].
 *
 * logits [n, classes] f32, labels [n] i32 or u32 → scalar. A label outside the classes makes the loss NaN; a logit of
 * −∞ rules its class out.
 */
export function crossEntropy(logits: Tensor, labels: Tensor, ...more: readonly never[]): Tensor {
  checkFloat('crossEntropy', 'logits', logits);
  checkShape('crossEntropy', 'logits', logits.shape, [null, null]);
  checkLabels('crossEntropy', 'labels', labels, logits.dim(0), 'logits');
  refuseMore('crossEntropy', 'logits and labels', more);
  return neg(mean(sum(pickedBy(oneHot(labels, logits.dim(1)), logSoftmax(logits)), 1)));
}
