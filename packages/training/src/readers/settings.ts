/** @file What determines the training of a network that reads faces, as plain data that travels in its checkpoint. */
import { type FactorSplit, factorSplits, type Level } from '@visage/faces';
import { VisageError } from '@visage/gpu';
import {
  type Change,
  type FaceChanges,
  type LevelShare,
  noChanges,
  occurs,
  type Precision,
  precisions,
  type ReaderOptimizer,
  type ReaderStage,
  type ReaderState,
  readerOptimizers,
  readFaceChanges,
  readStage,
  stepsOf,
} from '@visage/simswap';
import type { DataChoice } from '../settings/settings.ts';

/** What a reader reads: whose face it is, the same for measurements alone, what each pixel shows, where points lie. */
export type ReaderName = 'identity' | 'judge' | 'parsing' | 'landmarks';

export const readerNames: readonly ReaderName[] = ['identity', 'judge', 'parsing', 'landmarks'];

/** All settings that determine the training of a reader. */
export interface ReaderSettings {
  readonly reader: ReaderName;
  readonly preset: string;
  /** Sizes of the network; its kind reads them. */
  readonly network: unknown;
  /** Side of the faces. */
  readonly imageSize: number;
  readonly stages: readonly ReaderStage[];
  readonly changes: FaceChanges;
  readonly optimizer: ReaderOptimizer;
  readonly averageDecay: number;
  readonly seed: number;
  readonly precision: Precision;
  /** Rendered faces, where `data` names no folder. */
  readonly levels: readonly LevelShare[];
  /** What rendered people keep from picture to picture. */
  readonly factorSplit: FactorSplit;
  /** Rendered faces (`null`) or one data set. */
  readonly data: readonly DataChoice[];
  /** Rendered people to learn from. */
  readonly people: number;
  /** People whom nothing learns from, for measurements. */
  readonly heldOut: number;
  readonly evaluateEvery: number;
  readonly saveEvery: number;
  /** The weights that the training began with, if it did not begin at random ones. */
  readonly from?: string;
}

/** Steps of the whole training. */
export const readerSteps = ({ stages }: Pick<ReaderSettings, 'stages'>): number => stepsOf(stages);

/** Whether a reader learns to tell people apart, so that its stages have margins. */
export const hasMargins = (reader: ReaderName): boolean => reader === 'identity' || reader === 'judge';

/** Whether a stage learns from the known shapes of rendered people. */
export const needsShapes = ({ stages }: Pick<ReaderSettings, 'stages'>): boolean =>
  stages.some((stage) => 'likeness' in stage && Number(stage.likeness) > 0);

/** The settings that are stored in the notes of a checkpoint: all but the sizes of the network, which lie beside. */
export const readerNotes = ({ network: _, ...notes }: ReaderSettings): Omit<ReaderSettings, 'network'> => notes;

const COUNTS = { imageSize: 4096, seed: 2 ** 32, people: 2 ** 31, heldOut: 1e4, evaluateEvery: 2 ** 31 } as const;

const LEVEL = /^[A-Z]\d$/;

/** @throws VisageError for a text that is no level; whether its faces can be rendered shows when they are. */
export function levelOf(text: string): Level {
  if (LEVEL.test(text)) return text as Level;
  throw new VisageError(`levels: '${text}' is none; expected one such as L2`);
}

/**
 * The settings of a training that is resumed from a checkpoint. Every value is checked.
 *
 * @throws VisageError, or ArgumentError, when the notes are not those of {@link readerNotes}.
 */
export function resumedReaderSettings({ config, notes }: ReaderState, path: string): ReaderSettings {
  const refuse = (what: string): never => {
    throw new VisageError(`${path}: was not written by \`visage train\`: its notes have no ${what}`);
  };
  const json = (typeof notes === 'object' && notes !== null ? notes : {}) as Partial<Record<string, unknown>>;
  const oneOf = <T extends string>(name: string, all: readonly T[]): T =>
    all.find((each) => each === json[name]) ?? refuse(name);
  const count = (name: string, most: number, least = 1): number => {
    const value = json[name];
    return Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? (value as number)
      : refuse(name);
  };
  const list = (name: string): readonly unknown[] => {
    const value = json[name];
    return Array.isArray(value) && value.length > 0 && value.length <= 64 ? value : refuse(name);
  };
  const share = (entry: unknown): { readonly weight: number } & Record<string, unknown> => {
    const { weight } = (entry ?? {}) as Record<string, unknown>;
    return typeof weight === 'number' && weight > 0 && weight <= 1e6
      ? { ...(entry as object), weight }
      : refuse('weight of a source');
  };
  const reader = oneOf('reader', readerNames);
  const { averageDecay, preset, from } = json;
  return {
    reader,
    preset: typeof preset === 'string' ? preset : refuse('preset'),
    network: config,
    imageSize: count('imageSize', COUNTS.imageSize, 16),
    stages: list('stages').map((stage, k) => readStage(stage, hasMargins(reader), `stages[${k}]`)),
    // A checkpoint without a share of grey pictures was written when there were none.
    changes: readFaceChanges({ grey: 0, ...(json.changes as object) }),
    optimizer: oneOf('optimizer', readerOptimizers),
    averageDecay:
      typeof averageDecay === 'number' && averageDecay >= 0 && averageDecay < 1 ? averageDecay : refuse('averageDecay'),
    seed: count('seed', COUNTS.seed, 0),
    precision: oneOf('precision', precisions),
    levels: list('levels').map((entry) => {
      const { level, weight } = share(entry);
      return { level: levelOf(String(level)), weight };
    }),
    // A checkpoint without it was written when there was one split.
    factorSplit: json.factorSplit === undefined ? 'swap' : oneOf('factorSplit', factorSplits),
    data: list('data').map((entry) => {
      const { folder, weight } = share(entry);
      return folder === null || typeof folder === 'string' ? { folder, weight } : refuse('folder');
    }),
    people: count('people', COUNTS.people, 2),
    heldOut: count('heldOut', COUNTS.heldOut, 2),
    evaluateEvery: count('evaluateEvery', COUNTS.evaluateEvery),
    saveEvery: count('saveEvery', COUNTS.evaluateEvery),
    ...(typeof from === 'string' && { from }),
  };
}

/** The faces of a training in words. */
export function describeFaces({ data, levels, people, factorSplit }: ReaderSettings): string {
  const folders = data.flatMap(({ folder }) => folder ?? []);
  if (folders.length > 0) return folders.join(', ');
  const total = levels.reduce((sum, { weight }) => sum + weight, 0);
  const share = (weight: number) => (levels.length > 1 ? ` (${Math.round((100 * weight) / total)} %)` : '');
  const kept = factorSplit === 'whole' ? ' who keep their whole heads' : '';
  const mix = levels.map(({ level, weight }) => `${level}${share(weight)}`).join(', ');
  return `${people} rendered people${kept}, level ${mix}`;
}

/** A stage in words. */
export function describeStage(stage: ReaderStage): string {
  const { steps, batchSize, learningRate, ...rest } = stage;
  const numbers = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
  return `${steps} steps of ${batchSize} at rate ${learningRate}; ${numbers.join(', ')}`;
}

/** The changes of the faces in words: those that occur. */
export function describeChanges({ flip, grey, ...changes }: FaceChanges): string {
  const said = Object.entries(changes).flatMap(([name, change]: [string, Change]) =>
    occurs(change, noChanges[name as keyof typeof changes].strength)
      ? [`${name} ${change.strength} (${Math.round(100 * change.probability)} %)`]
      : [],
  );
  const shares = Object.entries({ flip, grey }).flatMap(([name, probability]) =>
    probability > 0 ? [`${name} (${Math.round(100 * probability)} %)`] : [],
  );
  const all = [...shares, ...said];
  return all.length > 0 ? all.join(', ') : 'none';
}
