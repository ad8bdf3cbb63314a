/** @file The stages of a reader's training, one after the other. */
import { ArgumentError, checkList, checkOptions, type OptionKeys } from '@visage/gpu';
import { cosineSchedule, type Schedule } from '@visage/nn';
import { type Field, integer, number, readFields } from '../core/fields.ts';
import { isObject, JsonReader } from '../core/json.ts';
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
  /**
   * What the angle to the own class has to be smaller, in radians, to count as much (Deng et al. 2019); for an
   * `IdentityTask` of the kind `cosine`, what its cosine has to be larger.
   */
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
  /**
   * Weight of the likeness loss, which makes embeddings of people as far apart as their known shapes are. Default 0,
   * which leaves it out. Rendered people of levels M0 to M4 alone have known shapes.
   */
  readonly likeness?: number;
  /**
   * Probability that a batch is seen with the styles of its first maps mixed among its faces (MixStyle). Default 0,
   * which mixes none.
   */
  readonly mixStyle?: number;
}

const SHARE = number(0, 1);

const stageFields = {
  steps: integer(1, 2 ** 31),
  batchSize: integer(1, 4096),
  learningRate: number(0, 10),
  warmup: SHARE,
  floor: SHARE,
};

const marginFields = {
  ...stageFields,
  margin: number(0, Math.PI),
  scale: number(0, 1024),
  attack: number(0, 100),
  attackGrowth: SHARE,
  blurs: integer(0, 16),
  likeness: number(0, 1000),
  mixStyle: SHARE,
};

/** What stages have that do not name it, such as those of checkpoints from before there was a choice. */
const marginDefaults = { likeness: 0, mixStyle: 0 };

const fieldsOf = (margins: boolean) => (margins ? marginFields : stageFields);

/** The fields of a stage with what each may be; with `margins` those of a {@link MarginStage}. */
export const stageExpectations = (margins: boolean): ReadonlyMap<string, string> =>
  new Map(Object.entries(fieldsOf(margins)).map(([name, { expected }]) => [name, expected]));

/**
 * Reads a stage out of JSON, such as that of a checkpoint.
 *
 * @param name of the stage in errors.
 * @throws ArgumentError for a field that is missing or out of range.
 */
export const readStage = (json: unknown, margins: boolean, name = 'stage'): ReaderStage =>
  readFields(
    fieldsOf(margins),
    new JsonReader(margins && isObject(json) ? { ...marginDefaults, ...json } : json, name),
  );

/**
 * A stage with the numbers of a text, such as `steps=2000,batchSize=64`; what it does not name is as in `base`.
 *
 * @throws ArgumentError for a field that there is not, or a number that it may not have.
 */
export function parseStage(text: string, base: ReaderStage, margins: boolean): ReaderStage {
  const fields: Readonly<Record<string, Field<number>>> = fieldsOf(margins);
  const changes = text.split(',').map((part) => {
    const [name = '', value = ''] = part.split('=');
    const field = fields[name];
    if (!field) throw new ArgumentError('stage', 'field', `'${name}'`, `one of ${Object.keys(fields).join(', ')}`);
    return [name, field.parse(value)] as const;
  });
  return readStage({ ...base, ...Object.fromEntries(changes) }, margins);
}

/**
 * Checks stages.
 *
 * @param margins whether they are {@link MarginStage}s.
 * @throws ArgumentError for a list without stages, a field that there is not, or a value out of range.
 */
export function checkStages(op: string, stages: readonly ReaderStage[], margins: boolean): void {
  checkList(op, 'stages', stages, 'stages');
  if (stages.length === 0) throw new ArgumentError(op, 'stages', 'none', 'at least one stage');
  const names = Object.fromEntries(Object.keys(fieldsOf(margins)).map((name) => [name, true]));
  for (const [k, stage] of stages.entries()) {
    checkOptions(`${op}: stages[${k}]`, stage, names as OptionKeys<ReaderStage>);
    readStage(stage, margins, `stages[${k}]`);
  }
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
