import { grad, noGrad, sum, type Tensor, unitNormPenalty } from '@visage/tensor';
import { pointwise } from '@visage/tensor/kernels';
import type { PatchOutput } from '../networks/discriminator.ts';
import { meanOverScales } from './adversarial.ts';

/** Added under the root of the norm, so that the slope of √ stays finite for a sample whose gradient vanishes. */
const EPSILON = 1e-12;

/**
 * Gradient penalty: mean over samples and scales of (‖∂ Σ D(x̂) / ∂x̂‖₂ − 1)² at x̂ = α·real + (1 − α)·fake.
 *
 * For each sample the gradient is that of the sum of its whole patch map, and the norm is taken over all its pixels.
 * The gradient of this loss with respect to the discriminator's parameters is a second-order gradient. In mixed
 * precision maps and their gradients are f16; slope, norm and loss are f32. WGAN-GP (Gulrajani et al. 2017), which
 * SimSwap applies to both scales.
 *
 * @param discriminate the discriminator, one output per scale.
 * @param real [N, H, W, 3] real images.
 * @param fake [N, H, W, 3] swapped images.
 * @param alpha [N, 1, 1, 1], uniform in [0, 1).
 * @returns a scalar.
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
