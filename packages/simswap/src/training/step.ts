import { ArgumentError } from '@visage/gpu';
import type { ExponentialMovingAverage, Optimizer } from '@visage/nn';
import { noGrad, type Tensor } from '@visage/tensor';
import type { PairKind, Recipe } from '../core/recipe.ts';
import { gradientPenalty } from '../losses/gradientPenalty.ts';
import { identityLoss } from '../losses/identity.ts';
import { reconstructionLoss } from '../losses/reconstruction.ts';
import { fromUnit, toUnit } from '../networks/colorSpace.ts';
import type { DiscriminatorNetwork } from '../networks/discriminator.ts';
import type { Generator } from '../networks/generator.ts';
import type { IdentityNetwork } from '../networks/identity.ts';
import type { ImagePairs } from './data.ts';
import { diffAugment } from './diffAugment.ts';
import { gradientsOf, inPrecision, learn, type MixedPrecision } from './mixedPrecision.ts';
import {
  discriminatorLosses,
  discriminatorLossNames,
  type GeneratorTerms,
  generatorLosses,
  generatorLossNames,
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
  readonly average: ExponentialMovingAverage<Generator>;
  /** [batch, 1, 1, 1]: where between real image and result the gradient penalty looks; new for every step. */
  readonly alpha: Tensor;
  /** [batch, 7]: what {@link diffAugment} does to each row; new for every step. Needed if the recipe augments. */
  readonly draws?: Tensor;
  /** Set in mixed precision. */
  readonly mixed?: MixedPrecision;
}

/** What remains of a generator's turn, or of a step. */
export interface StepResult extends ImagePairs {
  /** The swapped images in [0, 1]; a linear head may leave the interval. */
  readonly result: Tensor;
  /** One value per name: those of the player whose turn it was, or {@link lossNames}. */
  readonly losses: Tensor;
}

/** A batch of swaps in the generator's colour space. */
interface Swaps {
  readonly target: Tensor;
  readonly latent: Tensor;
  readonly swapped: Tensor;
}

function swap({ generator, identity, recipe }: StepParts, pairs: ImagePairs): Swaps {
  const [target, latent] = noGrad(() => [
    fromUnit(pairs.target, generator.colorSpace),
    identity.latent(pairs.source, recipe.identityResize),
  ]) as [Tensor, Tensor];
  return { target, latent, swapped: generator.forward(target, latent) };
}

/**
 * The discriminator as the recipe lets it look: every picture of a turn goes through the same changes, row by row, so that features of a result
 * are compared with those of a target that was changed alike.
 */
function judgeOf({ discriminator, recipe, draws }: StepParts): Pick<DiscriminatorNetwork, 'forward' | 'features'> {
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
const realImages = ({ recipe, generator }: StepParts, pairs: ImagePairs, target: Tensor): Tensor =>
  recipe.realImages === 'target' ? target : noGrad(() => fromUnit(pairs.source, generator.colorSpace));

function termsOf(
  { identity, recipe }: StepParts,
  { target, latent, swapped }: Swaps,
  result: Tensor,
  judged: Pick<GeneratorTerms, 'judgedResult' | 'targetFeatures'>,
): GeneratorTerms {
  return {
    ...judged,
    identity: identityLoss(identity.embed(result, recipe.identityResize), latent),
    reconstruction: reconstructionLoss(swapped, target),
  };
}

const penaltyBetween = (parts: StepParts, real: Tensor, swapped: Tensor) => (): Tensor =>
  gradientPenalty((images) => judgeOf(parts).forward(images), real, swapped.detach(), parts.alpha);

/**
 * One step of a recipe whose players learn together: the generator is updated, then the discriminator, on the same swapped images.
 *
 * The discriminator judges results and targets once; both players' hinge and feature terms come from those two passes, because its weights
 * change after both gradients are known. The gradient penalty takes a third pass, on images in between. Reconstruction is reported always and trained on pairs of kind `same` only.
 *
 * The discriminator's gradient comes first, so that its activations and the identity network's are not in memory at the same time.
 */
export function trainingStep(parts: StepParts, pairs: ImagePairs, kind: PairKind): StepResult {
  const { generator, recipe, generatorOptimizer, discriminatorOptimizer, mixed } = parts;
  const { swaps, judged, judging } = inPrecision(mixed, () => {
    const judge = judgeOf(parts);
    const swaps = swap(parts, pairs);
    const { target, swapped } = swaps;
    const judgedResult = judge.forward(swapped);
    const judgedTarget = judge.forward(target);
    const real = realImages(parts, pairs, target);
    const judgedReal = real === target ? judgedTarget : judge.forward(real);
    const judged = { judgedResult, targetFeatures: judgedTarget };
    return {
      swaps,
      judged,
      judging: discriminatorLosses(recipe, judgedResult, judgedReal, penaltyBetween(parts, real, swapped)),
    };
  });
  const discriminatorGradients = gradientsOf(judging.discriminator, discriminatorOptimizer, mixed?.discriminatorScaler);
  const result = toUnit(swaps.swapped, generator.colorSpace);
  const playing = inPrecision(mixed, () => generatorLosses(recipe, kind, termsOf(parts, swaps, result, judged)));
  const generatorGradients = gradientsOf(playing.generator, generatorOptimizer, mixed?.generatorScaler);
  learn(generatorOptimizer, generatorGradients, mixed?.generatorScaler);
  learn(discriminatorOptimizer, discriminatorGradients, mixed?.discriminatorScaler);
  parts.average.update(mixed?.generatorScaler);
  mixed?.update();
  return { ...pairs, result: result.detach(), losses: lossRow(lossNames, { ...playing, ...judging }) };
}

/** The generator's turn of a recipe whose players alternate: the discriminator judges its swaps, and only its features see the targets. */
export function generatorTurn(parts: StepParts, pairs: ImagePairs, kind: PairKind): StepResult {
  const { generator, recipe, generatorOptimizer, mixed } = parts;
  const { playing, result } = inPrecision(mixed, () => {
    const judge = judgeOf(parts);
    const swaps = swap(parts, pairs);
    const result = toUnit(swaps.swapped, generator.colorSpace);
    const judged = {
      judgedResult: judge.forward(swaps.swapped),
      targetFeatures: noGrad(() => judge.features(swaps.target)),
    };
    return { result, playing: generatorLosses(recipe, kind, termsOf(parts, swaps, result, judged)) };
  });
  const gradients = gradientsOf(playing.generator, generatorOptimizer, mixed?.generatorScaler);
  learn(generatorOptimizer, gradients, mixed?.generatorScaler);
  parts.average.update(mixed?.generatorScaler);
  mixed?.generatorScaler.update();
  return { ...pairs, result: result.detach(), losses: lossRow(generatorLossNames, playing) };
}

/** The discriminator's turn: it judges swaps of a batch of its own, then that batch's real pictures. */
export function discriminatorTurn(parts: StepParts, pairs: ImagePairs): Pick<StepResult, 'losses'> {
  const { recipe, discriminatorOptimizer, mixed } = parts;
  const judging = inPrecision(mixed, () => {
    const judge = judgeOf(parts);
    const { target, swapped } = noGrad(() => swap(parts, pairs));
    const judgedResult = judge.forward(swapped);
    const real = realImages(parts, pairs, target);
    const penalty = penaltyBetween(parts, real, swapped);
    return discriminatorLosses(recipe, judgedResult, judge.forward(real), penalty);
  });
  const gradients = gradientsOf(judging.discriminator, discriminatorOptimizer, mixed?.discriminatorScaler);
  learn(discriminatorOptimizer, gradients, mixed?.discriminatorScaler);
  mixed?.discriminatorScaler.update();
  return { losses: lossRow(discriminatorLossNames, judging) };
}
