import { grad, noGrad, sum, type Tensor, unitNormPenalty } from '@visage/tensor';
import { pointwise } from '@visage/tensor/kernels';
import type { PatchOutput } from '../networks/discriminator.ts';
import { meanOverScales } from './adversarial.ts';

/** Keeps the slope of √ finite for a sample whose gradient vanishes. */
const EPSILON = 1e-12;

/**
 * Gradient penalty: mean over samples and scales of (‖∂ Σ D(x̂) / ∂x̂‖₂ − 1)² at x̂ = α·real + (1 − α)·fake.
 *
 * The norm is over all pixels of a sample, of the gradient of the sum of its whole patch map. Differentiating this value with respect to
 * the discriminator is a second-order gradient. In mixed precision maps and their gradients are f16 here too; slope, norm and loss are f32. WGAN-GP (Gulrajani et al. 2017), as SimSwap applies it to both scales.
 *
 * @param discriminate the discriminator, all scales.
 * @param alpha [N, 1, 1, 1], uniform in [0, 1).
 */
export function gradientPenalty(
  discriminate: (images: Tensor) => readonly PatchOutput[],
  real: Tensor,
  fake: Tensor,
  alpha: Tensor,
): Tensor {
  const mixed = noGrad(() => pointwise('between', 'b + c * (a - b)', [real, fake, alpha], [], 'f32'));
  const between = mixed.detach();
  between.requiresGrad = true;
  return meanOverScales(discriminate(between), ({ logits }) => {
    const [slope] = grad(sum(logits), [between], { createGraph: true }) as [Tensor];
    return unitNormPenalty(slope, EPSILON);
  });
}
