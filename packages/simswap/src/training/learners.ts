import { Adam, type CheckpointGroups, cosineSchedule, ExponentialMovingAverage, HostRandom } from '@visage/nn';
import { keep, type Tensor, zeros } from '@visage/tensor';
import type { Precision } from '../core/precision.ts';
import type { AdamNumbers, Recipe } from '../core/recipe.ts';
import type { DiscriminatorNetwork } from '../networks/discriminator.ts';
import type { Generator } from '../networks/generator.ts';
import { AUGMENTATION_DRAWS, augmentationDraws } from './diffAugment.ts';
import { MixedPrecision } from './mixedPrecision.ts';

/** Whom a training changes. */
export interface Players {
  readonly generator: Generator;
  readonly discriminator: DiscriminatorNetwork;
  /** Follows the generator. */
  readonly average: Generator;
}

/** Added to the seed (32 bits) for the random numbers of the gradient penalty, apart from those of initial weights. */
const ALPHA_STREAM = 2 ** 32;

/** The same for those of the augmentation. */
const AUGMENTATION_STREAM = 2 * ALPHA_STREAM;

/** What changes the networks in a step, and the numbers that a step is given: all of them depend on its number and on the seed alone. */
export class Learners {
  readonly generatorOptimizer: Adam;
  readonly discriminatorOptimizer: Adam;
  readonly average: ExponentialMovingAverage<Generator>;
  /** [batch, 1, 1, 1]: where the gradient penalty looks. */
  readonly alpha: Tensor;
  /** [batch, {@link AUGMENTATION_DRAWS}]. */
  readonly draws: Tensor;
  /** Set in mixed precision. */
  readonly mixed: MixedPrecision | undefined;
  readonly #recipe: Recipe;
  readonly #seed: number;

  constructor(
    recipe: Recipe,
    seed: number,
    { generator, discriminator, average }: Players,
    batchSize: number,
    precision: Precision,
  ) {
    this.#recipe = recipe;
    this.#seed = seed;
    this.average = new ExponentialMovingAverage(generator, average, recipe.averageDecay);
    this.generatorOptimizer = new Adam(generator.namedParameters(), adam(recipe.generatorOptimizer));
    this.discriminatorOptimizer = new Adam(discriminator.trainedParameters(), adam(recipe.discriminatorOptimizer));
    const { gpu } = generator;
    this.alpha = keep(zeros([batchSize, 1, 1, 1], { gpu }));
    this.draws = keep(zeros([batchSize, AUGMENTATION_DRAWS], { gpu }));
    if (precision === 'mixed') this.mixed = new MixedPrecision(gpu);
  }

  /** Puts learning rates, decay and random numbers in place for a step. */
  prepare(step: number): void {
    const recipe = this.#recipe;
    const random = new HostRandom(this.#seed + ALPHA_STREAM);
    random.draws = step;
    this.alpha.write(random.uniform(this.alpha.size));
    if (recipe.augmentation.length > 0) {
      this.draws.write(augmentationDraws(this.draws.dim(0), step, this.#seed + AUGMENTATION_STREAM));
    }
    this.average.decay = warmedUpDecay(recipe.averageDecay, step);
    this.generatorOptimizer.learningRate = rateAt(recipe.generatorOptimizer, recipe, step);
    this.discriminatorOptimizer.learningRate = rateAt(recipe.discriminatorOptimizer, recipe, step);
  }

  /** What a checkpoint keeps beside the networks. */
  state(): CheckpointGroups {
    return {
      generatorOptimizer: this.generatorOptimizer.stateDict(),
      discriminatorOptimizer: this.discriminatorOptimizer.stateDict(),
      ...this.mixed?.state(),
    };
  }

  /** Gives the memory back; the networks belong to the caller. */
  dispose(): void {
    this.average.dispose();
    this.generatorOptimizer.dispose();
    this.discriminatorOptimizer.dispose();
    this.alpha.dispose();
    this.draws.dispose();
    this.mixed?.dispose();
  }
}

const adam = ({ learningRate, beta1, beta2, epsilon }: AdamNumbers) => ({
  learningRate,
  betas: [beta1, beta2] as const,
  eps: epsilon,
});

/** The learning rate of a step: constant, or along half a cosine to zero. */
const rateAt = ({ learningRate }: AdamNumbers, { decaySteps }: Recipe, step: number): number =>
  decaySteps === 0 ? learningRate : cosineSchedule({ rate: learningRate, steps: decaySteps })(step);

/** The decay of the moving average at a step: a short memory at first, so that the average does not hang on to the initial weights. */
const warmedUpDecay = (decay: number, step: number): number => Math.min(decay, (1 + step) / (10 + step));
