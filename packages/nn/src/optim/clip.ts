import { ArgumentError, checkList } from '@visage/gpu';
import { add, cast, clamp, div, minimum, mul, noGrad, sqrt, square, sum, type Tensor } from '@visage/tensor';

/** Gradients after clipping and their norm before it. */
export interface ClippedGradients {
  readonly gradients: Tensor[];
  /** √ of the sum of squares over all gradients, a scalar. */
  readonly norm: Tensor;
}

/**
 * Scales all gradients by min(1, maxNorm / (norm + 1e-6)), where norm is that of all gradients as one vector; PyTorch's
 * `clip_grad_norm_`. The gradients that come in stay as they are.
 *
 * @throws ArgumentError when there is no gradient, or `maxNorm` is not positive.
 */
export function clipGradientNorm(gradients: readonly Tensor[], maxNorm: number): ClippedGradients {
  checkList('clipGradientNorm', 'gradients', gradients, 'tensors');
  // a square of f16 would overflow from 256 on
  const [first, ...rest] = gradients.map((g) => noGrad(() => sum(square(cast(g, 'f32')))));
  if (!first || !(maxNorm > 0)) {
    throw new ArgumentError(
      'clipGradientNorm',
      'arguments',
      `${gradients.length} gradients, norm ${maxNorm}`,
      'at least one, a positive norm',
    );
  }
  return noGrad(() => {
    const norm = sqrt(rest.reduce((total, squares) => add(total, squares), first));
    const scale = minimum(div(maxNorm, add(norm, 1e-6)), 1);
    return { gradients: gradients.map((g) => mul(g, scale)), norm };
  });
}

/**
 * Limits every element of every gradient to [−limit, limit]; PyTorch's `clip_grad_value_`. The gradients that come in
 * stay as they are.
 *
 * @throws ArgumentError when `limit` is not positive.
 */
export function clampGradients(gradients: readonly Tensor[], limit: number): Tensor[] {
  checkList('clampGradients', 'gradients', gradients, 'tensors');
  if (!(limit > 0)) throw new ArgumentError('clampGradients', 'limit', String(limit), 'a positive number');
  return noGrad(() => gradients.map((g) => clamp(g, -limit, limit)));
}
