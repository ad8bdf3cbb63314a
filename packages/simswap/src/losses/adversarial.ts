import { hingeFake, hingeGenerator, hingeReal, type Tensor, weightedSum } from '@visage/tensor';
import type { PatchOutput } from '../networks/discriminator.ts';

/** Mean over the discriminator's scales of a scalar that `each` computes from the output of one scale. */
export function meanOverScales(
  outputs: readonly PatchOutput[],
  each: (output: PatchOutput, scale: number) => Tensor,
): Tensor {
  return weightedSum(
    outputs.map(each),
    outputs.map(() => 1 / outputs.length),
  );
}

/**
 * Hinge loss of the generator: L_adv = −mean D(result), over patches, samples and scales; a scalar.
 *
 * Lim and Ye, Geometric GAN, 2017; SimSwap (Chen et al. 2020), section 3.
 *
 * @param result one output per scale, logits [N, h, w, 1] or [N, patches].
 */
export const adversarialLoss = (result: readonly PatchOutput[]): Tensor =>
  meanOverScales(result, ({ logits }) => hingeGenerator(logits));

/**
 * Hinge loss of the discriminator on real images x: mean max(0, 1 − D(x)), over patches, samples and scales; a scalar.
 * Lim and Ye 2017.
 */
export const hingeRealLoss = (real: readonly PatchOutput[]): Tensor =>
  meanOverScales(real, ({ logits }) => hingeReal(logits));

/**
 * Hinge loss of the discriminator on swapped images x: mean max(0, 1 + D(x)), over patches, samples and scales; a
 * scalar. Lim and Ye 2017.
 */
export const hingeFakeLoss = (fake: readonly PatchOutput[]): Tensor =>
  meanOverScales(fake, ({ logits }) => hingeFake(logits));
