/**
 * @file The losses of SimSwap, each with its equation. I_S is the source image, I_T the target, I_R the result; D is
 * the discriminator, which has for each of its scales a map of logits and the feature maps before it, Dⁱ.
 */
import type { Discriminator, PatchOutput } from '@visage/simswap';
import {
  abs,
  add,
  cosineSimilarity,
  grad,
  mean,
  mul,
  relu,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  zeros,
} from '@visage/tensor';

const meanOver = (scales: readonly Tensor[]): Tensor => mul(scales.reduce(add), 1 / scales.length);

/** L_id = 1 − cos(v_R, v_S): the swap shows the source's person. */
export const identityLoss = (result: Tensor, source: Tensor): Tensor => mean(sub(1, cosineSimilarity(result, source)));

/** L_rec = mean |I_R − I_T|: who is swapped with themself stays as they are. */
export const reconstructionLoss = (result: Tensor, target: Tensor): Tensor => mean(abs(sub(result, target)));

/** L_adv = −mean D(I_R): the swap looks real. */
export const adversarialLoss = (result: readonly PatchOutput[]): Tensor =>
  meanOver(result.map(({ logits }) => mul(mean(logits), -1)));

/** L_wFM = Σ mean |Dⁱ(I_R) − Dⁱ(I_T)| over the chosen maps i: what the discriminator sees in the target stays. */
export function matchingLoss(
  result: readonly PatchOutput[],
  target: readonly PatchOutput[],
  layers: readonly number[],
): Tensor {
  const ofScale = (scale: number): Tensor =>
    layers
      .map((i) => mean(abs(sub(result[scale]!.features.at(i)!, target[scale]!.features.at(i)!.detach()))))
      .reduce(add, zeros([]));
  return meanOver(result.map((_, scale) => ofScale(scale)));
}

/** mean max(0, 1 − D(I_T)) + mean max(0, 1 + D(I_R)): pictures lie above 1, swaps below −1. */
export const hingeLoss = (target: readonly PatchOutput[], result: readonly PatchOutput[]): Tensor =>
  add(
    meanOver(target.map(({ logits }) => mean(relu(sub(1, logits))))),
    meanOver(result.map(({ logits }) => mean(relu(add(1, logits))))),
  );

/** L_GP = mean (‖∂ΣD/∂x̂‖ − 1)² at x̂ = α I_T + (1 − α) I_R: the discriminator's slope is about 1 between the two. */
export function penaltyLoss(discriminator: Discriminator, target: Tensor, result: Tensor, alpha: Tensor): Tensor {
  const between = add(result, mul(alpha, sub(target, result))).detach();
  between.requiresGrad = true;
  const penalties = discriminator.forward(between).map(({ logits }) => {
    const [slope] = grad(sum(logits), [between], { createGraph: true }) as [Tensor];
    return mean(square(sub(sqrt(add(sum(square(slope), [1, 2, 3]), 1e-12)), 1)));
  });
  return meanOver(penalties);
}
