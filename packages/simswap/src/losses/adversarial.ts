import { hingeFake, hingeGenerator, hingeReal, type Tensor, weightedSum } from '@visage/tensor';
import type { PatchOutput } from '../networks/discriminator.ts';

/** Mean over the scales of a scalar that each scale yields. */
export function meanOverScales(
  outputs: readonly PatchOutput[],
  each: (output: PatchOutput, scale: number) => Tensor,
): Tensor {
  return weightedSum(
    outputs.map(each),
    outputs.map(() => 1 / outputs.length),
  );
}

/** Generator's hinge loss: −D(result), mean over patches, samples and scales. */
export const adversarialLoss = (result: readonly PatchOutput[]): Tensor =>
  meanOverScales(result, ({ logits }) => hingeGenerator(logits));

/** Discriminator's hinge loss on real images: max(0, 1 − D(x)), mean over patches, samples and scales. */
export const hingeRealLoss = (real: readonly PatchOutput[]): Tensor =>
  meanOverScales(real, ({ logits }) => hingeReal(logits));

/** Discriminator's hinge loss on swapped images: max(0, 1 + D(x)), mean over patches, samples and scales. */
export const hingeFakeLoss = (fake: readonly PatchOutput[]): Tensor =>
  meanOverScales(fake, ({ logits }) => hingeFake(logits));
