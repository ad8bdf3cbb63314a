import {
  Adam,
  type CheckpointGroups,
  constantSchedule,
  cosineSchedule,
  ExponentialMovingAverage,
  HostRandom,
} from '@visage/nn';
import { keep, type Tensor, zeros } from '@visage/tensor';
import type { Precision } from '../core/precision.ts';
import { type AdamNumbers, adamOptions, type Recipe } from '../core/recipe.ts';
import { alone, ownRows, rowsOfAll, type Shard } from '../core/shard.ts';
import type { DiscriminatorNetwork } from '../networks/discriminator.ts';
import type { Generator } from '../networks/generator.ts';
import type { IdentityNetwork } from '../networks/identity.ts';
import { AUGMENTATION_DRAWS, augmentationDraws } from './diffAugment.ts';
import { MixedPrecision } from './mixedPrecision.ts';
import type { StepParts } from './step.ts';

/** What a {@link TrainingState} is made of. */
export interface TrainingSetup {
  readonly recipe: Recipe;
  readonly seed: number;
  readonly precision: Precision;
  readonly batchSize: number;
  readonly generator: Generator;
  readonly discriminator: DiscriminatorNetwork;
  /** Frozen, in evaluation mode. */
  readonly identity: IdentityNetwork;
  /** Becomes the moving average of the generator. */
  readonly average: Generator;
  /** Which rows of the whole batch are this device's. Default: all. */
  readonly shard?: Shard;
}

/**
 * Added to the seed (32 bits) for the random numbers of the gradient penalty, which are not those of the initial
 * weights.
 */
const ALPHA_STREAM = 2 ** 32;

/** Added to the seed for the random numbers of the augmentation. */
const AUGMENTATION_STREAM = 2 * ALPHA_STREAM;

/**
 * Everything that a training step reads and changes: networks, optimizers, moving average, loss scalers and the inputs
 * that differ from step to step.
 *
 * Learning rates, decay and random numbers depend on the number of the step and on the seed alone, so that a resumed
 * training continues with the same bits.
 */
export class TrainingState implements StepParts {
  readonly recipe: Recipe;
  readonly generator: Generator;
  readonly discriminator: DiscriminatorNetwork;
  readonly identity: IdentityNetwork;
  readonly generatorOptimizer: Adam;
  readonly discriminatorOptimizer: Adam;
  readonly average: ExponentialMovingAverage<Generator>;
  readonly alpha: Tensor;
  readonly draws: Tensor;
  readonly mixed: MixedPrecision | undefined;
  readonly #seed: number;
  readonly #shard: Shard;

  constructor(setup: TrainingSetup) {
    const { recipe, seed, precision, batchSize, generator, discriminator, identity, average, shard = alone } = setup;
    this.recipe = recipe;
    this.generator = generator;
    this.discriminator = discriminator;
    this.identity = identity;
    this.#seed = seed;
    this.#shard = shard;
    this.average = new ExponentialMovingAverage(generator, average, recipe.averageDecay);
    this.generatorOptimizer = new Adam(generator.namedParameters(), adamOptions(recipe.generatorOptimizer));
    const trained = discriminator.trainedParameters();
    this.discriminatorOptimizer = new Adam(trained, adamOptions(recipe.discriminatorOptimizer));
    const { gpu } = generator;
    this.alpha = keep(zeros([batchSize, 1, 1, 1], { gpu }));
    this.draws = keep(zeros([batchSize, AUGMENTATION_DRAWS], { gpu }));
    if (precision === 'mixed') this.mixed = new MixedPrecision(gpu);
  }

  /** Sets learning rates, decay and random numbers of a step, counted from 0. */
  prepare(step: number): void {
    const recipe = this.recipe;
    const random = new HostRandom(this.#seed + ALPHA_STREAM);
    random.draws = step;
    this.alpha.write(ownRows(random.uniform(rowsOfAll(this.alpha.size, this.#shard)), this.#shard));
    if (recipe.augmentation.length > 0) {
      const rows = rowsOfAll(this.draws.dim(0), this.#shard);
      this.draws.write(ownRows(augmentationDraws(rows, step, this.#seed + AUGMENTATION_STREAM), this.#shard));
    }
    this.average.decay = warmedUpDecay(recipe.averageDecay, step);
    this.generatorOptimizer.learningRate = rateAt(recipe.generatorOptimizer, recipe, step);
    this.discriminatorOptimizer.learningRate = rateAt(recipe.discriminatorOptimizer, recipe, step);
  }

  /** What a checkpoint stores beside the networks: the states of optimizers and loss scalers. */
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

/** The learning rate of a step: constant, or along half a cosine to zero; behind the warm-up. */
function rateAt(
  { learningRate: rate }: AdamNumbers,
  { warmupSteps: warmup, decaySteps }: Recipe,
  step: number,
): number {
  const schedule =
    decaySteps === 0 ? constantSchedule({ rate, warmup }) : cosineSchedule({ rate, warmup, steps: decaySteps });
  return schedule(step);
}

/** The decay of the moving average at a step: low at first, so that the average soon forgets the initial weights. */
const warmedUpDecay = (decay: number, step: number): number => Math.min(decay, (1 + step) / (10 + step));
