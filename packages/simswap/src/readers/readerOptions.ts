import { checkInteger, checkOneOf, checkOptions, type OptionKeys } from '@visage/gpu';
import { type Precision, precisions } from '../core/precision.ts';
import type { LabelledData } from '../training/labelledData.ts';
import type { ScalingReport } from '../training/mixedPrecision.ts';
import { checkFaceChanges, type FaceChanges, noChanges } from './faceChanges.ts';
import { checkStages, type ReaderStage } from './stage.ts';
import type { ReaderTask } from './task.ts';

/** Which optimizer trains a reader: ArcFace's SGD with momentum 0.9 and weight decay 5e-4, or Adam. */
export type ReaderOptimizer = 'sgd' | 'adam';

export const readerOptimizers: readonly ReaderOptimizer[] = ['sgd', 'adam'];

/** What a {@link ReaderTrainer} is made of. */
export interface ReaderTrainerOptions<S extends ReaderStage> {
  readonly task: ReaderTask<S>;
  readonly stages: readonly S[];
  /** The labelled faces of a stage, in its batch size. The trainer disposes them when the stage is over. */
  readonly data: (stage: S, number: number) => LabelledData;
  /** Default: none. */
  readonly changes?: FaceChanges;
  /** Default `sgd`. */
  readonly optimizer?: ReaderOptimizer;
  /** Decay of the moving average of the weights, per step; 0, the default, keeps none. */
  readonly averageDecay?: number;
  /** Decides the changes of the faces; data, networks and tasks have seeds of their own. */
  readonly seed?: number;
  /** Default `f32`. */
  readonly precision?: Precision;
  /** Steps between two readings of the losses; each reading reports all steps since the last. Default 10. */
  readonly readEvery?: number;
}

/** What a step did. */
export interface ReaderReport {
  /** Steps done, this one included. */
  readonly step: number;
  /** Finite, except for a step in mixed precision whose update was skipped. */
  readonly loss: number;
  readonly learningRate: number;
  readonly stage: number;
  readonly stepsPerSecond: number;
  /** In mixed precision: what the loss scaler did. */
  readonly scaling?: ScalingReport;
}

/** Something to do every so many steps; training waits for it. */
export interface ReaderTrainingTask {
  readonly every: number;
  run(): void | Promise<void>;
}

/** How far to train, and whom to tell. */
export interface ReaderRunOptions {
  /** Total number of steps, those of earlier runs included; at most those of all stages. */
  readonly until: number;
  readonly tasks?: readonly ReaderTrainingTask[];
  onStep?(report: ReaderReport): void;
}

const OPTIONS: OptionKeys<ReaderTrainerOptions<ReaderStage>> = {
  task: true,
  stages: true,
  data: true,
  changes: true,
  optimizer: true,
  averageDecay: true,
  seed: true,
  precision: true,
  readEvery: true,
};
const RUN_OPTIONS: OptionKeys<ReaderRunOptions> = { until: true, tasks: true, onStep: true };

/**
 * Checks the options of a `ReaderTrainer`.
 *
 * @throws ArgumentError for an option that there is not, or a value that is out of range.
 */
export function checkReaderOptions<S extends ReaderStage>(options: ReaderTrainerOptions<S>): void {
  checkOptions<ReaderTrainerOptions<S>>('ReaderTrainer', options, OPTIONS);
  const { task, stages, changes = noChanges, optimizer = 'sgd', precision = 'f32', seed = 0, readEvery = 10 } = options;
  checkStages('ReaderTrainer', stages, task.margins);
  checkFaceChanges('ReaderTrainer: changes', changes);
  checkOneOf('ReaderTrainer', 'optimizer', optimizer, readerOptimizers);
  checkOneOf('ReaderTrainer', 'precision', precision, precisions);
  checkInteger('ReaderTrainer', 'seed', seed, 0, 2 ** 32 - 1);
  checkInteger('ReaderTrainer', 'readEvery', readEvery, 1);
}

/**
 * Checks the options of `ReaderTrainer.run`.
 *
 * @param steps of all stages.
 * @throws ArgumentError for an option that there is not, or more steps than the stages have.
 */
export function checkReaderRun(options: ReaderRunOptions, steps: number): void {
  checkOptions('ReaderTrainer.run', options, RUN_OPTIONS);
  checkInteger('ReaderTrainer.run', 'until', options.until, 0, steps);
  for (const task of options.tasks ?? []) {
    checkOptions('ReaderTrainer.run: tasks', task, { every: true, run: true });
    checkInteger('ReaderTrainer.run', 'every of a task', task.every, 1);
  }
}
