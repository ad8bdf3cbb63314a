import { flat, pointwise } from '../pointwise.ts';
import { checkShape } from '../shape.ts';
import { checkFloat } from '../storage.ts';
import type { Tensor } from '../tensor.ts';
import { div, neg, sub } from './arithmetic.ts';
import { cast } from './cast.ts';
import { oneHot } from './indexing.ts';
import { max, mean, sum } from './reduce.ts';
import { exp, log } from './unary.ts';

/** x − max x in f32: the same softmax, and no exponential overflows. The maximum is a constant to the gradient. */
const stable = (x: Tensor, axis: number): Tensor => {
  const full = cast(x, 'f32');
  return sub(full, max(full.detach(), axis, true));
};

/** eˣ / Σ eˣ over `axis`. */
export function softmax(x: Tensor, axis = -1): Tensor {
  const powers = exp(stable(x, axis));
  return div(powers, sum(powers, axis, true));
}

/** log(softmax(x)) over `axis`, without the cancellation of taking the logarithm afterwards. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  const shifted = stable(x, axis);
  return sub(shifted, log(sum(exp(shifted), axis, true)));
}

/** x · choice with 0 where the choice is 0, whatever x is: 0 times the −∞ of a class that is ruled out would be NaN. The choice NaN stays. */
const pickedBy = (choice: Tensor, x: Tensor): Tensor =>
  pointwise('pickedBy', 'select(a * b, V(0.0), isZero(b))', [x, choice], [(g) => pickedBy(choice, g), flat]);

/**
 * Softmax cross entropy, mean over the batch: −mean of logSoftmax(logits)[i, labels[i]].
 *
 * logits [n, classes] f32, labels [n] i32 or u32 → scalar. A label outside the classes makes the loss NaN; a logit of −∞
 * rules its class out.
 */
export function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  checkShape('crossEntropy', 'logits', logits.shape, [null, null]);
  checkFloat('crossEntropy', 'logits', logits);
  checkShape('crossEntropy', 'labels', labels.shape, [logits.dim(0)], 'One label per row of logits');
  return neg(mean(sum(pickedBy(oneHot(labels, logits.dim(1)), logSoftmax(logits)), 1)));
}
