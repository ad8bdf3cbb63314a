/** @file The stages of a reader's training, one after the other. */
import { ArgumentError, checkInteger, checkList, checkNumber, checkOptions, type OptionKeys } from '@visage/gpu';
import { cosineSchedule, type Schedule } from '@visage/nn';
import { elementOf } from '../core/lists.ts';

/** One stage of a training. Plain data: it travels in checkpoints. */
export interface ReaderStage {
  readonly steps: number;
  readonly batchSize: number;
  /** The highest learning rate of the stage. */
  readonly learningRate: number;
  /** Share of the steps in which the rate rises to the highest one. */
  readonly warmup: number;
  /** Share of the highest rate at which half a cosine ends; 1 keeps the rate. */
  readonly floor: number;
}

/** A stage in which a network learns to tell people apart. */
export interface MarginStage extends ReaderStage {
  /** What the angle to the own class has to be smaller, in radians, to count as much. Deng et al. 2019. */
  readonly margin: number;
  /** Factor of the logits. */
  readonly scale: number;
  /**
   * Radius of the attack: the Euclidean length of a change of all values of a face in [0, 1] that disguises it as
   * somebody else. 0: no attack.
   */
  readonly attack: number;
  /** Share of the stage in which the radius grows from 0; under the full attack at once a network unlearns all. */
  readonly attackGrowth: number;
  /**
   * Box blurs of 3x3 pixels, of which a random share reaches each face: a swapper's first pictures are blurred, and
   * the network must recognise people in them too.
   */
  readonly blurs: number;
}

const STAGE: OptionKeys<ReaderStage> = {
  steps: true,
  batchSize: true,
  learningRate: true,
  warmup: true,
  floor: true,
};

/** The fields of a {@link MarginStage}. */
export const MARGIN_STAGE: OptionKeys<MarginStage> = {
  ...STAGE,
  margin: true,
  scale: true,
  attack: true,
  attackGrowth: true,
  blurs: true,
};

/** The largest values that a stage may have; files are read by them too. */
const MOST = { steps: 2 ** 31, batchSize: 4096, learningRate: 10, scale: 1024, attack: 100, blurs: 16 } as const;

/**
 * Checks stages.
 *
 * @param margin whether they are {@link MarginStage}s.
 * @throws ArgumentError for a list without stages, a field that there is not, or a value out of range.
 */
export function checkStages(op: string, stages: readonly ReaderStage[], margin: boolean): void {
  checkList(op, 'stages', stages, 'stages');
  if (stages.length === 0) throw new ArgumentError(op, 'stages', 'none', 'at least one stage');
  for (const [k, stage] of stages.entries()) {
    const name = (field: string) => `stages[${k}].${field}`;
    const share = (field: string, value: number) => checkNumber(op, name(field), value, 0, 1);
    checkOptions<ReaderStage>(`${op}: stages[${k}]`, stage, margin ? MARGIN_STAGE : STAGE);
    checkInteger(op, name('steps'), stage.steps, 1, MOST.steps);
    checkInteger(op, name('batchSize'), stage.batchSize, 1, MOST.batchSize);
    checkNumber(op, name('learningRate'), stage.learningRate, 0, MOST.learningRate);
    share('warmup', stage.warmup);
    share('floor', stage.floor);
    if (margin) checkMargin(op, name, stage as MarginStage);
  }
}

function checkMargin(op: string, name: (field: string) => string, stage: MarginStage): void {
  checkNumber(op, name('margin'), stage.margin, 0, Math.PI);
  checkNumber(op, name('scale'), stage.scale, 0, MOST.scale);
  checkNumber(op, name('attack'), stage.attack, 0, MOST.attack);
  checkNumber(op, name('attackGrowth'), stage.attackGrowth, 0, 1);
  checkInteger(op, name('blurs'), stage.blurs, 0, MOST.blurs);
}

/** Steps of all stages. */
export const stepsOf = (stages: readonly ReaderStage[]): number => stages.reduce((sum, { steps }) => sum + steps, 0);

/** Where a step lies. */
export interface StagePlace {
  /** Number of the stage. */
  readonly stage: number;
  /** Steps of the stage before this one. */
  readonly step: number;
}

/** The stage of a step, counted from 0; the last stage's end for steps behind it. */
export function stageAt(stages: readonly ReaderStage[], step: number): StagePlace {
  let before = 0;
  for (const [stage, { steps }] of stages.entries()) {
    if (step < before + steps) return { stage, step: step - before };
    before += steps;
  }
  return { stage: stages.length - 1, step: elementOf(stages, -1, 'stages').steps };
}

/** The learning rate of each step of a stage, counted from 0. */
export function scheduleOf({ learningRate, warmup, floor, steps }: ReaderStage): Schedule {
  const rising = Math.min(Math.ceil(warmup * steps), steps - 1);
  return cosineSchedule({ rate: learningRate, warmup: rising, steps, floor: floor * learningRate });
}
