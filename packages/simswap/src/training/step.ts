/**
 * @file A training step as a function of its parts, in one phase or in two. A phase has a batch to itself.
 *
 * Where both networks learn together, a step is one phase, {@link trainingStep}. Where they alternate, it is two: that
 * of the generator, then that of the discriminator. Every phase has the same four parts: swap the faces, score them
 * with the discriminator, sum up the losses, update.
 */
import { ArgumentError } from '@visage/gpu';
import type { ExponentialMovingAverage, Optimizer } from '@visage/nn';
import { noGrad, type Tensor } from '@visage/tensor';
import { inPrecision } from '../core/precision.ts';
import type { PairKind, Recipe } from '../core/recipe.ts';
import { gradientPenalty } from '../losses/gradientPenalty.ts';
import { identityLoss } from '../losses/identity.ts';
import { reconstructionLoss, truthLoss } from '../losses/reconstruction.ts';
import { fromUnit, toUnit } from '../networks/colorSpace.ts';
import type { DiscriminatorNetwork } from '../networks/discriminator.ts';
import type { Generator } from '../networks/generator.ts';
import type { IdentityNetwork } from '../networks/identity.ts';
import type { ImagePairs } from './data.ts';
import { diffAugment } from './diffAugment.ts';
import { gradientsOf, type MixedPrecision, update } from './mixedPrecision.ts';
import {
  discriminatorLosses,
  discriminatorLossNames,
  type GeneratorTerms,
  generatorLosses,
  generatorLossNames,
  type LossName,
  lossNames,
  lossRow,
} from './terms.ts';

/** Everything that a training step works on. */
export interface StepParts {
  readonly recipe: Recipe;
  readonly generator: Generator;
  readonly discriminator: DiscriminatorNetwork;
  /** Frozen, in evaluation mode. */
  readonly identity: IdentityNetwork;
  readonly generatorOptimizer: Optimizer;
  readonly discriminatorOptimizer: Optimizer;
  /** The moving average of the generator's weights. */
  readonly average: ExponentialMovingAverage<Generator>;
  /** [batch, 1, 1, 1]: where between real image and result the gradient penalty is taken; new for every step. */
  readonly alpha: Tensor;
  /** [batch, 7]: what {@link diffAugment} does to each row; new for every step. Needed if the recipe augments. */
  readonly draws?: Tensor;
  /** Set in mixed precision. Without it a step computes in the precision that surrounds it. */
  readonly mixed?: MixedPrecision | undefined;
}

/** What a phase that swaps yields. */
export interface StepResult extends ImagePairs {
  /** The swapped images in [0, 1]; a linear head may leave the interval. */
  readonly result: Tensor;
  /** [names]: the losses of the phase in order, see {@link Phase.losses}. */
  readonly losses: Tensor;
}

/** The gradients of a phase, scaled in mixed precision; of a network that the phase does not train there are none. */
export interface PhaseGradients {
  readonly generator?: readonly Tensor[];
  readonly discriminator?: readonly Tensor[];
}

/** What the first half of a phase yields. */
export type PhaseResult = Pick<StepResult, 'losses'> & Partial<StepResult>;

/**
 * A part of a step that has a batch to itself. It has two halves, so that several devices can average their gradients
 * in between: the computation of the gradients, and {@link applyGradients}.
 */
export interface Phase {
  /** The losses that it yields, in order. */
  readonly losses: readonly LossName[];
  compute(parts: StepParts, pairs: ImagePairs, kind: PairKind): PhaseResult & { readonly gradients: PhaseGradients };
}

/** The second half of every phase: updates the networks, the moving average and the loss scales. */
export function applyGradients(parts: StepParts, { generator, discriminator }: PhaseGradients): void {
  const { generatorOptimizer, discriminatorOptimizer, mixed } = parts;
  if (generator) update(generatorOptimizer, generator, mixed?.generatorScaler);
  if (discriminator) update(discriminatorOptimizer, discriminator, mixed?.discriminatorScaler);
  if (generator) parts.average.update(mixed?.generatorScaler);
  if (generator) mixed?.generatorScaler.update();
  if (discriminator) mixed?.discriminatorScaler.update();
}

/** Both halves of a phase, from what its first half yielded. */
export function applied<R extends { readonly gradients: PhaseGradients }>(
  parts: StepParts,
  { gradients, ...result }: R,
): Omit<R, 'gradients'> {
  applyGradients(parts, gradients);
  return result;
}

/** A batch of swaps in the generator's colour space. */
interface Swaps {
  /** What swaps are compared with: their targets before they were degraded, or the exact swaps where they are known. */
  readonly model: Tensor;
  /** Where swaps and {@link Swaps.model} are compared pixel by pixel. Default: everywhere. */
  readonly mask: Tensor | undefined;
  readonly latent: Tensor;
  readonly swapped: Tensor;
}

function swap({ generator, identity, recipe }: StepParts, pairs: ImagePairs): Swaps {
  const { truth, clean } = pairs;
  const wanted = truth?.image ?? clean?.target;
  const { target, latent, model } = noGrad(() => ({
    target: fromUnit(pairs.target, generator.colorSpace),
    latent: identity.latent(pairs.source, recipe.identityResize),
    model: wanted && fromUnit(wanted, generator.colorSpace),
  }));
  return { model: model ?? target, mask: truth?.mask, latent, swapped: generator.forward(target, latent) };
}

/**
 * The discriminator behind the recipe's augmentation.
 *
 * All pictures of a phase are augmented alike, row by row, so that the features of a result are compared with those of
 * a target that was changed in the same way.
 */
function augmented({ discriminator, recipe, draws }: StepParts): Pick<DiscriminatorNetwork, 'forward' | 'features'> {
  const { augmentation } = recipe;
  if (augmentation.length === 0) return discriminator;
  if (!draws)
    throw new ArgumentError(
      'trainingStep',
      'draws',
      'nothing',
      `a tensor, because the recipe asks for ${augmentation.join(', ')}`,
    );
  const changed = (images: Tensor): Tensor => diffAugment(images, augmentation, draws);
  return {
    forward: (images) => discriminator.forward(changed(images)),
    features: (images) => discriminator.features(changed(images)),
  };
}

/** The pictures that count as real, in the generator's colour space. */
const realImages = ({ recipe, generator }: StepParts, pairs: ImagePairs, model: Tensor): Tensor =>
  recipe.realImages === 'target' ? model : noGrad(() => fromUnit((pairs.clean ?? pairs).source, generator.colorSpace));

/**
 * The terms of the generator's loss.
 *
 * @param result the swapped images in [0, 1].
 */
const generatorTerms = (
  { identity, recipe }: StepParts,
  { model, mask, latent, swapped }: Swaps,
  result: Tensor,
  scores: Pick<GeneratorTerms, 'resultOutputs' | 'targetFeatures'>,
): GeneratorTerms => ({
  ...scores,
  identity: identityLoss(identity.embed(result, recipe.identityResize), latent),
  reconstruction: mask ? truthLoss(swapped, model, mask) : reconstructionLoss(swapped, model),
});

const penaltyBetween = (parts: StepParts, real: Tensor, swapped: Tensor) => (): Tensor =>
  gradientPenalty((images) => augmented(parts).forward(images), real, swapped.detach(), parts.alpha);

/**
 * The gradients of a recipe whose networks learn together, on the same swapped images.
 *
 * L_G and L_D are those of {@link generatorLosses} and {@link discriminatorLosses}. The discriminator sees results and
 * targets once, and both networks' hinge and feature terms come from these two passes: its weights change only after
 * both gradients are computed. The gradient penalty takes a third pass, on images in between. The reconstruction loss
 * is reported for every kind of pairs, and counts for pairs of kind `same` and `truth` only. On pairs of kind `truth`
 * the exact swaps take the place of the targets in all losses.
 *
 * The discriminator's gradient is computed first, so that its activations and those of the identity network are not in
 * memory at the same time.
 *
 * @param pairs [batch, size, size, 3] images in [0, 1].
 * @throws ArgumentError when the recipe augments and `parts` has no draws.
 */
function togetherGradients(parts: StepParts, pairs: ImagePairs, kind: PairKind) {
  const { generator, recipe, generatorOptimizer, discriminatorOptimizer, mixed } = parts;
  const { swaps, scores, ofDiscriminator } = inPrecision(mixed?.precision, () => {
    const discriminator = augmented(parts);
    const swaps = swap(parts, pairs);
    const { model, swapped } = swaps;
    const resultOutputs = discriminator.forward(swapped);
    const modelOutputs = discriminator.forward(model);
    const real = realImages(parts, pairs, model);
    const realOutputs = real === model ? modelOutputs : discriminator.forward(real);
    const penalty = penaltyBetween(parts, real, swapped);
    return {
      swaps,
      scores: { resultOutputs, targetFeatures: modelOutputs },
      ofDiscriminator: discriminatorLosses(recipe, resultOutputs, realOutputs, penalty),
    };
  });
  const discriminatorGradients = gradientsOf(
    ofDiscriminator.discriminator,
    discriminatorOptimizer,
    mixed?.discriminatorScaler,
  );
  const result = toUnit(swaps.swapped, generator.colorSpace);
  const ofGenerator = inPrecision(mixed?.precision, () =>
    generatorLosses(recipe, kind, generatorTerms(parts, swaps, result, scores)),
  );
  const generatorGradients = gradientsOf(ofGenerator.generator, generatorOptimizer, mixed?.generatorScaler);
  const gradients = { generator: generatorGradients, discriminator: discriminatorGradients };
  const losses = lossRow(lossNames, { ...ofGenerator, ...ofDiscriminator });
  return { ...pairs, result: result.detach(), losses, gradients };
}

/**
 * The generator's phase of a step whose networks alternate. Of the targets the discriminator computes the features
 * only.
 *
 * @param pairs [batch, size, size, 3] images in [0, 1].
 * @throws ArgumentError when the recipe augments and `parts` has no draws.
 */
function generatorGradients(parts: StepParts, pairs: ImagePairs, kind: PairKind) {
  const { generator, recipe, generatorOptimizer, mixed } = parts;
  const { losses, result } = inPrecision(mixed?.precision, () => {
    const discriminator = augmented(parts);
    const swaps = swap(parts, pairs);
    const result = toUnit(swaps.swapped, generator.colorSpace);
    const scores = {
      resultOutputs: discriminator.forward(swaps.swapped),
      targetFeatures: noGrad(() => discriminator.features(swaps.model)),
    };
    return { result, losses: generatorLosses(recipe, kind, generatorTerms(parts, swaps, result, scores)) };
  });
  const gradients = { generator: gradientsOf(losses.generator, generatorOptimizer, mixed?.generatorScaler) };
  return { ...pairs, result: result.detach(), losses: lossRow(generatorLossNames, losses), gradients };
}

/**
 * The discriminator's phase of a step whose networks alternate: it sees swaps of a batch of its own, then the real
 * pictures of that batch.
 *
 * @param pairs [batch, size, size, 3] images in [0, 1].
 * @throws ArgumentError when the recipe augments and `parts` has no draws.
 */
function discriminatorGradients(parts: StepParts, pairs: ImagePairs) {
  const { recipe, discriminatorOptimizer, mixed } = parts;
  const losses = inPrecision(mixed?.precision, () => {
    const discriminator = augmented(parts);
    const { model, swapped } = noGrad(() => swap(parts, pairs));
    const resultOutputs = discriminator.forward(swapped);
    const real = realImages(parts, pairs, model);
    const penalty = penaltyBetween(parts, real, swapped);
    return discriminatorLosses(recipe, resultOutputs, discriminator.forward(real), penalty);
  });
  const gradients = {
    discriminator: gradientsOf(losses.discriminator, discriminatorOptimizer, mixed?.discriminatorScaler),
  };
  return { losses: lossRow(discriminatorLossNames, losses), gradients };
}

const PHASES: Readonly<Record<Recipe['turns'], readonly Phase[]>> = {
  together: [{ losses: lossNames, compute: togetherGradients }],
  alternate: [
    { losses: generatorLossNames, compute: generatorGradients },
    { losses: discriminatorLossNames, compute: discriminatorGradients },
  ],
};

/**
 * One step of a recipe whose networks learn together: the generator is updated, then the discriminator, on the same
 * swapped images.
 *
 * @param pairs [batch, size, size, 3] images in [0, 1].
 * @throws ArgumentError when the recipe augments and `parts` has no draws.
 */
export const trainingStep = (parts: StepParts, pairs: ImagePairs, kind: PairKind): StepResult =>
  applied(parts, togetherGradients(parts, pairs, kind));

/** The phases of a recipe's step, in order. They yield every loss once between them, and the first one swaps. */
export const phasesOf = ({ turns }: Recipe): readonly Phase[] => PHASES[turns];
