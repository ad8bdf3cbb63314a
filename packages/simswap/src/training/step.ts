import type { ExponentialMovingAverage, Optimizer } from '@visage/nn';
import { concat, grad, noGrad, type Tensor, zeros } from '@visage/tensor';
import { adversarialLoss, hingeFakeLoss, hingeRealLoss } from '../losses/adversarial.ts';
import { weakFeatureMatchingLoss } from '../losses/featureMatching.ts';
import { gradientPenalty } from '../losses/gradientPenalty.ts';
import { identityLoss } from '../losses/identity.ts';
import { reconstructionLoss } from '../losses/reconstruction.ts';
import { fromUnit, toUnit } from '../networks/colorSpace.ts';
import type { Generator } from '../networks/generator.ts';
import type { IdentityNetwork } from '../networks/identity.ts';
import type { Discriminator, PatchOutput } from '../networks/patchDiscriminator.ts';
import type { PairKind, Recipe } from '../recipe.ts';
import type { ImagePairs } from './data.ts';

/** The values that a step reports, in the order of its loss tensor: the generator's terms and sum, then the discriminator's. */
export const lossNames = [
  'adversarial',
  'featureMatching',
  'identity',
  'reconstruction',
  'generator',
  'real',
  'fake',
  'gradientPenalty',
  'discriminator',
] as const;
export type LossName = (typeof lossNames)[number];

/** Everything that a training step works on. */
export interface StepParts {
  readonly recipe: Recipe;
  readonly generator: Generator;
  readonly discriminator: Discriminator;
  /** Frozen, in evaluation mode. */
  readonly identity: IdentityNetwork;
  readonly generatorOptimizer: Optimizer;
  readonly discriminatorOptimizer: Optimizer;
  readonly average: ExponentialMovingAverage<Generator>;
  /** [batch, 1, 1, 1]: where between target and result the gradient penalty looks; new for every step. */
  readonly alpha: Tensor;
}

/** What remains of a step. */
export interface StepResult extends ImagePairs {
  /** The swapped images in [0, 1]; a linear head may leave the interval. */
  readonly result: Tensor;
  /** One value per {@link lossNames}. */
  readonly losses: Tensor;
}

/**
 * One step of SimSwap: the generator is updated, then the discriminator, on the same swapped images.
 *
 * The discriminator judges results and targets once; both players' hinge and feature terms come from those two passes, because its weights
 * change after both gradients are known. The gradient penalty takes a third pass, on images in between. Reconstruction is reported always and trained on pairs of kind `same` only.
 */
export function trainingStep(parts: StepParts, pairs: ImagePairs, kind: PairKind): StepResult {
  const { generator, discriminator, identity, recipe } = parts;
  const space = generator.colorSpace;
  const [target, latent] = noGrad(() => [
    fromUnit(pairs.target, space),
    identity.latent(pairs.source, recipe.identityResize),
  ]) as [Tensor, Tensor];
  const swapped = generator.forward(target, latent);
  const result = toUnit(swapped, space);
  const judgedResult = discriminator.forward(swapped);
  const judgedTarget = discriminator.forward(target);

  const playing = generatorLosses(recipe, kind, {
    judgedResult,
    judgedTarget,
    identity: identityLoss(identity.embed(result, recipe.identityResize), latent),
    reconstruction: reconstructionLoss(swapped, target),
  });
  const judging = discriminatorLosses(recipe, judgedResult, judgedTarget, () =>
    gradientPenalty((images) => discriminator.forward(images), target, swapped.detach(), parts.alpha),
  );
  const generatorGradients = grad(playing.generator, parts.generatorOptimizer.parameters);
  const discriminatorGradients = grad(judging.discriminator, parts.discriminatorOptimizer.parameters);
  parts.generatorOptimizer.step(generatorGradients);
  parts.discriminatorOptimizer.step(discriminatorGradients);
  parts.average.update();

  const all: Record<LossName, Tensor> = { ...playing, ...judging };
  const losses = noGrad(() =>
    concat(
      lossNames.map((name) => all[name].reshape([1])),
      0,
    ),
  );
  return { ...pairs, result: result.detach(), losses };
}

type GeneratorLossName = 'adversarial' | 'featureMatching' | 'identity' | 'reconstruction' | 'generator';

interface GeneratorTerms {
  readonly judgedResult: readonly PatchOutput[];
  readonly judgedTarget: readonly PatchOutput[];
  readonly identity: Tensor;
  readonly reconstruction: Tensor;
}

/** L_G = L_adv + λ_wFM · L_wFM + λ_id · L_id (+ λ_rec · L_rec on pairs of the same person). SimSwap (Chen et al. 2020), section 3. */
function generatorLosses(recipe: Recipe, kind: PairKind, terms: GeneratorTerms): Record<GeneratorLossName, Tensor> {
  const { weights, featureLayers } = recipe;
  const { identity, reconstruction, judgedResult, judgedTarget } = terms;
  const adversarial = adversarialLoss(judgedResult);
  const featureMatching =
    featureLayers.length > 0 ? weakFeatureMatchingLoss(judgedResult, judgedTarget, featureLayers) : zeros([]);
  const always = adversarial.add(featureMatching.mul(weights.featureMatching)).add(identity.mul(weights.identity));
  const generator = kind === 'same' ? always.add(reconstruction.mul(weights.reconstruction)) : always;
  return { adversarial, featureMatching, identity, reconstruction, generator };
}

type DiscriminatorLossName = 'real' | 'fake' | 'gradientPenalty' | 'discriminator';

/** L_D = hinge(target) + hinge(result) + λ_GP · penalty. */
function discriminatorLosses(
  { weights }: Recipe,
  judgedResult: readonly PatchOutput[],
  judgedTarget: readonly PatchOutput[],
  penalty: () => Tensor,
): Record<DiscriminatorLossName, Tensor> {
  const real = hingeRealLoss(judgedTarget);
  const fake = hingeFakeLoss(judgedResult);
  const penalized = weights.gradientPenalty > 0;
  const gradientPenalty = penalized ? penalty() : zeros([]);
  const hinge = real.add(fake);
  const discriminator = penalized ? hinge.add(gradientPenalty.mul(weights.gradientPenalty)) : hinge;
  return { real, fake, gradientPenalty, discriminator };
}
