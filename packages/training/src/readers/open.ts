import { resolve } from 'node:path';
import { type FactorSplit, isHeadLevel } from '@visage/faces';
import { currentGpu, type Gpu, VisageError } from '@visage/gpu';
import { buildFor, type Layer, loadModule, networkDescription, ofFile, type SafetensorsFile, seeded } from '@visage/nn';
import { loadSafetensors } from '@visage/nn/node';
import type { ReaderStage } from '@visage/simswap';
import { type FaceChanges, type LevelShare, type Precision, ReaderTrainer, readReaderState } from '@visage/simswap';
import { openDataSet } from '../data/dataSet.ts';
import { runStateOf } from '../data/stored.ts';
import { loadFaces } from '../networks/load.ts';
import { foundAgain } from '../runs/found.ts';
import { type OpenedData, openedData, type SourceChanges } from '../runs/sources.ts';
import { foldersOf, withFolders } from '../settings/settings.ts';
import type { ReaderKind, ReaderParts, ReaderPreset } from './kind.ts';
import { readerKinds } from './kinds.ts';
import {
  hasMargins,
  needsShapes,
  type ReaderName,
  type ReaderSettings,
  readerSteps,
  resumedReaderSettings,
} from './settings.ts';

/** The training of a reader that is ready to run. */
export interface ReaderRun {
  readonly settings: ReaderSettings;
  readonly kind: ReaderKind;
  readonly parts: ReaderParts;
  readonly trainer: ReaderTrainer;
  /** The data sets on the disk; none for rendered faces. */
  readonly dataSets: readonly OpenedData[];
  /** A warning that the user must see before the run continues. */
  readonly warning?: string;
}

/** What a caller may say otherwise than a preset does. */
export interface ReaderRunChanges {
  /** Sizes of the network by name, such as `{ width: 0.25 }`. */
  readonly network?: Readonly<Record<string, unknown>>;
  readonly imageSize?: number;
  readonly stages?: readonly ReaderStage[];
  readonly changes?: FaceChanges;
  readonly averageDecay?: number;
  readonly seed?: number;
  readonly precision?: Precision;
  readonly levels?: readonly LevelShare[];
  readonly factorSplit?: FactorSplit;
  /** A data set in place of rendered faces. */
  readonly folder?: string;
  readonly people?: number;
  readonly heldOut?: number;
  readonly evaluateEvery?: number;
  readonly saveEvery?: number;
}

/** The preset of a kind: the one of a name, or the one that fits an adapter. */
export function readerPresetFor(kind: ReaderKind, name: string | undefined, { adapter }: Gpu): ReaderPreset {
  const wanted = name ?? (adapter.software ? 'tiny' : 'small');
  const preset = kind.presets.find((each) => each.name === wanted);
  if (preset) return preset;
  throw new VisageError(`preset '${wanted}' of ${kind.name}: expected ${kind.presets.map((p) => p.name).join(', ')}`);
}

/** The settings of a new training: a preset with the given changes. */
export function newReaderSettings(
  reader: ReaderName,
  { name, about: _, ...sizes }: ReaderPreset,
  { network = {}, folder, ...changes }: ReaderRunChanges = {},
): ReaderSettings {
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  return {
    ...{ reader, preset: name, seed: 1, precision: 'f32', factorSplit: 'swap' },
    data: [{ folder: folder ?? null, weight: 1 }],
    ...sizes,
    ...given,
    network: {
      ...(sizes.network as object),
      ...readerKinds[reader].sizesFor?.(changes.levels ?? sizes.levels),
      ...network,
    },
  };
}

/**
 * Prepares a new training.
 *
 * @param fromPath weights to begin with, of the same kind of reader; their sizes take the place of the settings'.
 * @throws VisageError when the weights are of another kind, the kind does not learn from photographs, or the faces have
 * no other split of factors than `swap`, or no known shapes for the likeness loss.
 */
export async function newReaderRun(settings: ReaderSettings, fromPath?: string): Promise<ReaderRun> {
  const kind = readerKinds[settings.reader];
  const folders = foldersOf(settings);
  if (folders.length > 0 && !kind.photographs)
    throw new VisageError(
      `${kind.name}: learns from rendered faces alone, whose labels are known; leave \`folder\` out`,
    );
  checkFactorSplit(settings);
  checkLikeness(settings);
  await loadFaces(settings.levels.map(({ level }) => level));
  const dataSets: OpenedData[] = [];
  for (const folder of folders) dataSets.push(openedData(await openDataSet(resolve(folder)), settings));
  if (fromPath === undefined) {
    const sizes = kind.readSizes(settings.network);
    return prepare(
      { ...settings, network: sizes },
      seeded(settings.seed, () => kind.build(sizes)),
      dataSets,
    );
  }
  const { network, sizes } = weightsOf(kind, await loadSafetensors(fromPath));
  const run = prepare({ ...settings, network: sizes, from: fromPath }, network, dataSets);
  await run.parts.continued?.();
  return run;
}

/** @throws VisageError for whole people where they would change nothing, or are not to be had. */
function checkFactorSplit(settings: ReaderSettings): void {
  const { reader, factorSplit, levels } = settings;
  if (factorSplit === 'swap') return;
  const refuse = (why: string, instead: string): never => {
    throw new VisageError(`${reader}: \`factorSplit\` says what rendered people keep, and ${why}; ${instead}`);
  };
  if (!hasMargins(reader)) refuse('this reader does not tell people apart', 'leave it out');
  if (foldersOf(settings).length > 0) refuse('`folder` names photographs', 'leave one of them out');
  const other = levels.find(({ level }) => !isHeadLevel(level));
  if (other) refuse(`faces of ${other.level} have no choice`, 'take `levels` of M0 to M4, or leave it out');
}

/** @throws VisageError for a likeness loss where the shapes of the people are not known. */
function checkLikeness(settings: ReaderSettings): void {
  if (!needsShapes(settings)) return;
  const refuse = (why: string, instead: string): never => {
    throw new VisageError(
      `${settings.reader}: a stage has \`likeness\`, which learns from the known shapes of rendered people, and ${why}; ` +
        `${instead}, or set \`likeness\` to 0`,
    );
  };
  if (foldersOf(settings).length > 0) refuse('`folder` names photographs', 'leave `folder` out');
  const other = settings.levels.find(({ level }) => !isHeadLevel(level));
  if (other) refuse(`those of faces of ${other.level} are not known`, 'take `levels` of M0 to M4');
}

/** The network in a file: of its weights, or of the checkpoint of a reader's training. */
export function weightsOf(kind: ReaderKind, file: SafetensorsFile): { network: Layer; sizes: unknown } {
  const description = networkDescription(file);
  const checkpoint = description?.architecture === 'reader-training';
  if (!checkpoint && description?.architecture !== kind.architecture) {
    const got = description?.architecture ?? 'no architecture';
    throw new VisageError(`${file.source}: names '${got}', expected the weights of ${kind.about}`);
  }
  const sizes = ofFile(file, () => kind.readSizes(description.config));
  const network = buildFor(file, () => kind.build(sizes));
  const averaged = [...file.tensors.keys()].some((name) => name.startsWith('average/'));
  loadModule(network, file, checkpoint ? { prefix: averaged ? 'average/' : 'network/' } : {});
  return { network, sizes };
}

/**
 * Resumes a training from a checkpoint; `changes` may name the current folder of its data set.
 *
 * @throws FileError when the data set is not the one that the training began with, unless `allowOtherData` is set.
 * @throws VisageError when the checkpoint has reached its number of steps already, or is of another reader.
 */
export async function resumedReaderRun(
  path: string,
  reader: ReaderName,
  changes: SourceChanges = {},
): Promise<ReaderRun> {
  const file = await loadSafetensors(path);
  const state = readReaderState(file);
  const saved = ofFile(file, () => resumedReaderSettings(state, path));
  if (saved.reader !== reader)
    throw new VisageError(`${path}: is of a training of ${saved.reader}, not of ${reader}; go on with that`);
  if (state.step >= readerSteps(saved) && runStateOf(state).finished)
    throw new VisageError(`${path}: is finished; its weights can begin another training`);
  await loadFaces(saved.levels.map(({ level }) => level));
  const { dataSets, warning } = await foundAgain(path, state, saved, changes);
  const folders = dataSets.map(({ dataSet }) => dataSet.folder);
  const settings = { ...saved, data: withFolders(saved.data, folders) };
  const kind = readerKinds[reader];
  const network = buildFor(file, () => kind.build(ofFile(file, () => kind.readSizes(settings.network))));
  const run = prepare(settings, network, dataSets);
  run.trainer.restore(file);
  return { ...run, ...(warning !== undefined && { warning }) };
}

function prepare(settings: ReaderSettings, network: Layer, dataSets: readonly OpenedData[]): ReaderRun {
  const { reader, stages, changes, optimizer, averageDecay, seed, precision } = settings;
  const kind = readerKinds[reader];
  const parts = kind.open(network, settings, dataSets);
  // A software adapter takes about a second per step, so every step is reported. A GPU would have to wait each time.
  const readEvery = currentGpu().adapter.software ? 1 : 10;
  const trainer = new ReaderTrainer({
    ...{ task: parts.task, stages, data: (stage: ReaderStage) => parts.data(stage) },
    ...{ changes, optimizer, averageDecay, seed, precision, readEvery },
  });
  return { settings, kind, parts, trainer, dataSets };
}
