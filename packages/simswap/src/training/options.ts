import {
  ArgumentError,
  checkBoolean,
  checkInteger,
  checkNumber,
  checkOneOf,
  checkOptions,
  type OptionKeys,
} from '@visage/gpu';
import { type Precision, precisions } from '../core/precision.ts';
import { checkRecipe } from '../core/readRecipe.ts';
import type { PairKind, Recipe } from '../core/recipe.ts';
import type { DiscriminatorNetwork } from '../networks/discriminator.ts';
import type { Generator } from '../networks/generator.ts';
import type { IdentityNetwork } from '../networks/identity.ts';
import type { CollapseLimits, CollapseReport } from './collapse.ts';
import type { TrainingData } from './data.ts';
import type { GradientExchange } from './exchange.ts';
import type { ScalingReport } from './mixedPrecision.ts';
import type { LossName } from './terms.ts';
import type { Trainer } from './trainer.ts';

/** What a {@link Trainer} is made of. */
export interface TrainerOptions {
  readonly generator: Generator;
  readonly discriminator: DiscriminatorNetwork;
  /** Trained already; it is frozen and put into evaluation mode. */
  readonly identity: IdentityNetwork;
  readonly data: TrainingData;
  readonly recipe?: Recipe;
  /** Decides the random numbers of the training itself; data sources and networks have seeds of their own. */
  readonly seed?: number;
  /** Default `f32`. */
  readonly precision?: Precision;
  /**
   * Record each kind of step once and replay it (default). Off: op by op, the same bits, and an error of an op arises
   * in the step that caused it.
   */
  readonly replay?: boolean;
  /** Steps between two readings of the losses; each reading reports all steps since the last. */
  readonly readEvery?: number;
  readonly collapse?: CollapseLimits;
  /** Connects the trainer with others on other devices; the data gives this device's rows. Needs `replay`. */
  readonly exchange?: GradientExchange;
  /**
   * With an exchange: the devices take so many steps by themselves, then their states become the mean. Default 1: the
   * gradients of every step are averaged. All devices must have tasks at the same steps, because these average too.
   */
  readonly syncEvery?: number;
}

/** What a step did. */
export interface StepReport {
  /** Steps done, this one included. */
  readonly step: number;
  readonly kind: PairKind;
  /** Finite, except for a step in mixed precision whose update was skipped. */
  readonly losses: Readonly<Record<LossName, number>>;
  readonly stepsPerSecond: number;
  /** In mixed precision: what the loss scaler of each network did. */
  readonly scaling?: Readonly<Record<'generator' | 'discriminator', ScalingReport>>;
}

/**
 * Something to do every so many steps: save, sample, evaluate. Training waits for it.
 *
 * When it runs, the losses of all steps have been read: they are finite, or mixed precision skipped their updates.
 */
export interface TrainingTask {
  readonly every: number;
  run(trainer: Trainer): void | Promise<void>;
}

/** How far to train, and whom to tell. */
export interface RunOptions {
  /** Total number of steps, those of earlier runs included. */
  readonly until: number;
  readonly tasks?: readonly TrainingTask[];
  onStep?(report: StepReport): void;
  onAlarm?(report: CollapseReport): void;
}

const TRAINER_OPTIONS: OptionKeys<TrainerOptions> = {
  generator: true,
  discriminator: true,
  identity: true,
  data: true,
  recipe: true,
  seed: true,
  precision: true,
  replay: true,
  readEvery: true,
  collapse: true,
  exchange: true,
  syncEvery: true,
};

/**
 * Checks the options of a {@link Trainer}.
 *
 * @throws ArgumentError for an option that there is not, or a value that is out of range.
 */
export function checkTrainerOptions(options: TrainerOptions): void {
  checkOptions('Trainer', options, TRAINER_OPTIONS);
  const {
    recipe,
    seed = 0,
    precision = 'f32',
    replay = true,
    readEvery = 10,
    collapse,
    exchange,
    syncEvery = 1,
  } = options;
  if (recipe !== undefined) checkRecipe(recipe);
  checkInteger('Trainer', 'seed', seed, 0, 2 ** 32 - 1);
  checkOneOf('Trainer', 'precision', precision, precisions);
  checkBoolean('Trainer', 'replay', replay);
  checkInteger('Trainer', 'readEvery', readEvery, 1);
  if (exchange && !replay)
    throw new ArgumentError(
      'Trainer',
      'replay',
      'false',
      'true with an `exchange`',
      'Steps that are exchanged are recorded',
    );
  checkInteger('Trainer', 'syncEvery', syncEvery, 1);
  if (syncEvery > 1 && !exchange)
    throw new ArgumentError('Trainer', 'syncEvery', String(syncEvery), '1 without an `exchange`');
  if (collapse === undefined) return;
  checkOptions('Trainer: collapse', collapse, { change: true, patience: true });
  checkNumber('Trainer', 'collapse.change', collapse.change, 0);
  checkInteger('Trainer', 'collapse.patience', collapse.patience, 1);
}

const RUN_OPTIONS: OptionKeys<RunOptions> = { until: true, tasks: true, onStep: true, onAlarm: true };

/**
 * Checks the options of {@link Trainer.run}.
 *
 * @throws ArgumentError for an option that there is not, or a value that is out of range.
 */
export function checkRunOptions(options: RunOptions): void {
  checkOptions('Trainer.run', options, RUN_OPTIONS);
  checkInteger('Trainer.run', 'until', options.until, 0);
  for (const task of options.tasks ?? []) {
    checkOptions('Trainer.run: tasks', task, { every: true, run: true });
    checkInteger('Trainer.run', 'every of a task', task.every, 1);
  }
}

/** @throws ArgumentError when the recipe asks for pairs whose exact swap is known, and the data has none. */
export function checkTruth({ name, pairs }: Recipe, data: TrainingData): void {
  if (pairs.includes('truth') && !data.knowsTruth)
    throw new ArgumentError(
      'Trainer',
      'data',
      'pictures whose exact swaps are not known',
      `rendered faces, because recipe ${name} has pairs of kind truth`,
      'mix rendered faces into the data, or take another recipe',
    );
}

/**
 * Checks that the networks have the form that the recipe names, and take images of one colour space. @throws
 * ArgumentError when not.
 */
export function checkForm(
  recipe: Recipe,
  { config, colorSpace }: Generator,
  discriminator: DiscriminatorNetwork,
): void {
  const demand = (argument: string, got: string, expected: string) => {
    if (got !== expected)
      throw new ArgumentError('Trainer', argument, got, `${expected}, as recipe ${recipe.name} says`);
  };
  demand('head of the generator', config.head, recipe.head);
  demand('skip connections of the generator', String(config.skips), String(recipe.skips));
  demand('kind of discriminator', discriminator.kind, recipe.discriminator);
  demand('colour space of the discriminator', discriminator.colorSpace ?? colorSpace, colorSpace);
}
