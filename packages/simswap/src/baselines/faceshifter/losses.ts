import { mean, square, sub, type Tensor } from '@visage/tensor';
import { elementOf } from '../../core/lists.ts';

/**
 * Half the mean squared difference, for images and maps alike: the squared norms of the paper, per element, as both
 * ports take them.
 */
export const halfSquaredError = (a: Tensor, b: Tensor): Tensor => mean(square(sub(a, b))).mul(0.5);

/**
 * Attribute loss: ½ Σ over the attribute maps of mean (z(result) − z(target))².
 *
 * Gradients flow into both, so the encoder learns from it too. Li et al., FaceShifter, 2019, section 3.1.
 */
export const attributeLoss = (result: readonly Tensor[], target: readonly Tensor[]): Tensor =>
  result
    .map((map, k) => halfSquaredError(map, elementOf(target, k, 'attributeLoss: target')))
    .reduce((sum, x) => sum.add(x));
