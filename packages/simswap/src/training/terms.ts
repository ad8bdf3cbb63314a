/** @file The losses of generator and discriminator, summed up from their terms. */
import { concat, noGrad, type Tensor, weightedSum, zeros } from '@visage/tensor';
import type { PairKind, Recipe } from '../core/recipe.ts';
import { adversarialLoss, hingeFakeLoss, hingeRealLoss } from '../losses/adversarial.ts';
import { weakFeatureMatchingLoss } from '../losses/featureMatching.ts';
import type { FeatureMaps, PatchOutput } from '../networks/discriminator.ts';

export const generatorLossNames = [
  'adversarial',
  'featureMatching',
  'identity',
  'reconstruction',
  'generator',
] as const;
export const discriminatorLossNames = ['real', 'fake', 'gradientPenalty', 'discriminator'] as const;

/**
 * The values that a step reports, in the order of its loss tensor: the generator's terms and sum, then the
 * discriminator's.
 */
export const lossNames = [...generatorLossNames, ...discriminatorLossNames] as const;
export type LossName = (typeof lossNames)[number];
export type GeneratorLosses = Readonly<Record<(typeof generatorLossNames)[number], Tensor>>;
export type DiscriminatorLosses = Readonly<Record<(typeof discriminatorLossNames)[number], Tensor>>;

/** What the generator's losses are made of. */
export interface GeneratorTerms {
  /** The discriminator's outputs for the swapped images, per scale. */
  readonly resultOutputs: readonly PatchOutput[];
  /** The discriminator's feature maps of the targets, or of the exact swaps where they are known, per scale. */
  readonly targetFeatures: readonly FeatureMaps[];
  readonly identity: Tensor;
  /** Of pairs of kind `truth`: the distance from the exact swaps. */
  readonly reconstruction: Tensor;
}

/**
 * The generator's loss and its terms, scalars: L_G = L_adv + λ_wFM · L_wFM + λ_id · L_id + λ · L_rec with λ = λ_rec on
 * pairs of kind `same`, λ_truth on pairs of kind `truth`, and 0 on others.
 *
 * SimSwap (Chen et al. 2020), section 3.
 *
 * @throws ArgumentError when the recipe compares a layer that the discriminator does not have.
 */
export function generatorLosses(recipe: Recipe, kind: PairKind, parts: GeneratorTerms): GeneratorLosses {
  const { weights, featureLayers } = recipe;
  const { identity, reconstruction, resultOutputs, targetFeatures } = parts;
  const adversarial = adversarialLoss(resultOutputs);
  const matched = featureLayers === 'all' || featureLayers.length > 0;
  const featureMatching = matched
    ? weakFeatureMatchingLoss(resultOutputs, targetFeatures, featureLayers)
    : zeros([], { gpu: identity.gpu });
  const terms = [adversarial, featureMatching, identity, reconstruction];
  const factors = [
    1,
    weights.featureMatching,
    weights.identity,
    kind === 'truth' ? weights.truth : weights.reconstruction,
  ];
  const counted = kind === 'same' || kind === 'truth' ? 4 : 3;
  const generator = weightedSum(terms.slice(0, counted), factors.slice(0, counted));
  return { adversarial, featureMatching, identity, reconstruction, generator };
}

/**
 * The discriminator's loss and its terms, scalars: L_D = factor · (hinge(real) + hinge(result)) + λ_GP · penalty.
 *
 * @param penalty computes the gradient penalty. It is not called when its weight is 0; the term is then reported as 0.
 */
export function discriminatorLosses(
  { weights, hingeFactor }: Recipe,
  resultOutputs: readonly PatchOutput[],
  realOutputs: readonly PatchOutput[],
  penalty: () => Tensor,
): DiscriminatorLosses {
  const real = hingeRealLoss(realOutputs);
  const fake = hingeFakeLoss(resultOutputs);
  const penalized = weights.gradientPenalty > 0;
  const gradientPenalty = penalized ? penalty() : zeros([], { gpu: fake.gpu });
  const terms = penalized ? [real, fake, gradientPenalty] : [real, fake];
  const discriminator = weightedSum(terms, [hingeFactor, hingeFactor, weights.gradientPenalty].slice(0, terms.length));
  return { real, fake, gradientPenalty, discriminator };
}

/** Named scalars as one tensor, [names]. */
export const lossRow = <Name extends string>(names: readonly Name[], losses: Readonly<Record<Name, Tensor>>): Tensor =>
  noGrad(() =>
    concat(
      names.map((name) => losses[name].reshape([1])),
      0,
    ),
  );
