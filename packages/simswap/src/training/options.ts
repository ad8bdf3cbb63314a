import { ArgumentError } from '@visage/gpu';
import type { DiscriminatorNetwork } from '../networks/discriminator.ts';
import type { Generator } from '../networks/generator.ts';
import type { IdentityNetwork } from '../networks/identity.ts';
import type { Precision } from '../precision.ts';
import type { PairKind, Recipe } from '../recipe.ts';
import type { CollapseLimits, CollapseReport } from './collapse.ts';
import type { TrainingData } from './data.ts';
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
  /** Record each kind of step once and replay it (default). Off: op by op, the same bits, and an error of an op arises in the step that caused it. */
  readonly replay?: boolean;
  /** Steps between two readings of the losses; each reading reports all steps since the last. */
  readonly readEvery?: number;
  readonly collapse?: CollapseLimits;
}

/** What a step did. */
export interface StepReport {
  /** Steps done, this one included. */
  readonly step: number;
  readonly kind: PairKind;
  /** Finite, but for a step in mixed precision whose update was skipped. */
  readonly losses: Readonly<Record<LossName, number>>;
  readonly stepsPerSecond: number;
  /** In mixed precision: what the loss scaler of each player did. */
  readonly scaling?: Readonly<Record<'generator' | 'discriminator', ScalingReport>>;
}

/** Something to do every so many steps, with all losses known to be finite, or their updates skipped: save, sample, evaluate. Training waits for it. */
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

/** Throws unless the networks have the form that the recipe names, and see images of one colour space. */
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
  demand('kind of discriminator', discriminator.kind, recipe.discriminator);
  demand('colour space of the discriminator', discriminator.colorSpace ?? colorSpace, colorSpace);
}

/** Throws unless `value` is 1, 2, 3, …. */
export function checkPositive(argument: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new ArgumentError('Trainer', argument, String(value), 'a positive integer');
}
