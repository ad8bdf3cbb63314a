/**
 * @file Exercise of chapter 8.
 *
 * Write SimSwap's own loss, weak feature matching. Given are the discriminator's feature maps of results and of
 * targets, for each scale a list of maps from shallow to deep, and the numbers of the maps to match, where −1 is the
 * deepest. Return the mean over the scales of Σ mean |Dⁱ(result) − Dⁱ(target)|, a scalar.
 *
 * No gradient may flow into the targets' features: the result should come to resemble the target, and not the other way
 * round.
 *
 *     npm run course -- 8 --exercise
 */
import type { Tensor } from '@visage/tensor';

/** For each scale of the discriminator, its feature maps [N, h, w, C], shallow to deep. */
export type Features = readonly (readonly Tensor[])[];

/** The loss, a scalar. */
export function weakFeatureMatching(_result: Features, _target: Features, _layers: readonly number[]): Tensor {
  throw new Error('write weakFeatureMatching(result, target, layers)');
}
