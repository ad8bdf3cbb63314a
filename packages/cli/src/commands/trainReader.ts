import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { currentGpu } from '@visage/gpu';
import {
  faceChangePaths,
  type LevelShare,
  noChanges,
  type Precision,
  parseFaceChanges,
  parseStage,
  photographChanges,
  type ReaderStage,
  stageExpectations,
} from '@visage/simswap';
import {
  adapterLine,
  checkNobodyTrains,
  describeDataSet,
  describeFaces,
  describeSplit,
  describeStage,
  hasMargins,
  newReaderRun,
  newReaderSettings,
  ReaderFolder,
  type ReaderKind,
  type ReaderPreset,
  type ReaderRun,
  type ReaderRunChanges,
  readerKinds,
  readerPresetFor,
  readerSteps,
  resumedReaderRun,
} from '@visage/training';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { openDevice } from '../terminal/device.ts';
import { UsageError } from '../terminal/failure.ts';
import { withFlags } from '../terminal/flags.ts';
import { outliveReader } from '../terminal/interrupt.ts';
import { levels } from '../terminal/levels.ts';
import { integer, number } from '../terminal/options.ts';
import { precisionOption, warnOfPrecision } from '../terminal/precision.ts';
import { readerSummary } from '../terminal/readerSummary.ts';
import { watched } from '../terminal/watched.ts';

interface Options {
  readonly preset?: string;
  readonly size?: number;
  readonly width?: number;
  readonly layers?: readonly number[];
  readonly latent?: number;
  readonly channels?: number;
  readonly stage?: readonly string[];
  readonly changes?: 'none' | 'photographs';
  readonly set?: Readonly<Record<string, string>>;
  readonly average?: number;
  readonly people?: number;
  readonly level?: readonly LevelShare[];
  readonly whole?: boolean;
  readonly data?: string;
  readonly heldOut?: number;
  readonly seed?: number;
  readonly precision?: Precision;
  readonly out?: string;
  readonly from?: string;
  readonly resume?: string;
  readonly allowOtherData?: boolean;
}

/** The names that these commands use for the arguments of the library. */
const FLAGS = {
  ...{ folder: '--data', folders: '--data', allowOtherData: '--allow-other-data' },
  ...{ levels: '--level', factorSplit: '--whole' },
};

async function train(kind: ReaderKind, options: Options): Promise<void> {
  outliveReader();
  if (options.resume !== undefined) return resume(kind, options.resume, options);
  if (options.allowOtherData) throw new UsageError('--allow-other-data is for --resume; a new run takes any data');
  const { out = `out/${kind.name}`, from } = options;
  if (existsSync(join(out, 'checkpoint.safetensors')))
    throw new UsageError(
      `${out}: holds a checkpoint already; go on with --resume ${out}/checkpoint.safetensors, or choose another --out`,
    );
  await checkNobodyTrains(out);
  const gpu = await openDevice();
  console.log(`Computing on ${adapterLine(gpu)}`);
  warnOfPrecision(options.precision);
  const preset = readerPresetFor(kind, options.preset, gpu);
  const settings = newReaderSettings(kind.name, preset, changesOf(kind, preset, options));
  await trainIn(out, await withFlags(FLAGS, () => newReaderRun(settings, from)));
}

async function resume(kind: ReaderKind, checkpoint: string, options: Options): Promise<void> {
  const { resume: _, data, allowOtherData, ...decided } = options;
  const [given] = Object.keys(decided);
  if (given !== undefined)
    throw new UsageError(
      `--${given.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)} cannot change in a resumed run; the checkpoint decides it`,
    );
  await checkNobodyTrains(dirname(checkpoint));
  console.log(`Computing on ${adapterLine(await openDevice())}`);
  const changes = { folders: data === undefined ? [] : [data], allowOtherData };
  const run = await withFlags(FLAGS, () => resumedReaderRun(checkpoint, kind.name, changes));
  warnOfPrecision(run.settings.precision);
  await trainIn(dirname(checkpoint), run);
}

/** Trains a reader into a folder and prints a summary; Ctrl-C saves first. */
async function trainIn(folder: string, run: ReaderRun): Promise<void> {
  const started = performance.now();
  for (const { dataSet, split } of run.dataSets) {
    for (const line of describeDataSet(dataSet)) console.log(line);
    console.log(`  ${describeSplit(split)}`);
  }
  const { settings, parts, trainer } = run;
  console.log(`${settings.reader}: ${parts.task.network.parameterCount} parameters, from ${describeFaces(settings)}`);
  for (const [k, stage] of settings.stages.entries()) console.log(`  stage ${k + 1}: ${describeStage(stage)}`);
  const into = await ReaderFolder.open(folder, run);
  const outcome = await watched(into, readerSteps(settings), trainer.step);
  console.log(readerSummary(into, outcome, adapterLine(currentGpu()), (performance.now() - started) / 1000));
}

/** What the options say otherwise than the preset. */
function changesOf(kind: ReaderKind, preset: ReaderPreset, options: Options): ReaderRunChanges {
  const { size, width, layers, latent, from, data, level } = options;
  const sizes = { width, layers, channels: options.channels, embedding: latent, inputSize: size };
  const network = Object.fromEntries(
    Object.entries(sizes).filter(([name, value]) => value !== undefined && name in (preset.network as object)),
  );
  for (const [flag, value] of Object.entries({ width, layers, latent, channels: options.channels }))
    if (value !== undefined && from !== undefined)
      throw new UsageError(`--${flag}: the weights of --from have the sizes of their network; leave it out`);
  if (data !== undefined && level !== undefined)
    throw new UsageError('--level is for rendered faces; leave it or --data out');
  return {
    network,
    imageSize: size,
    stages: stagesOf(kind, preset, options.stage),
    changes: facesChanged(preset, options),
    averageDecay: options.average,
    people: options.people,
    levels: level,
    factorSplit: options.whole ? 'whole' : undefined,
    folder: data,
    heldOut: options.heldOut,
    seed: options.seed,
    precision: options.precision,
  };
}

/** The stages of `--stage`. What one does not say is as in the preset's stage of its number, or its last. */
function stagesOf({ name }: ReaderKind, { stages }: ReaderPreset, texts?: readonly string[]) {
  return texts?.map((text, k) => {
    const base = stages[Math.min(k, stages.length - 1)] as ReaderStage;
    return parseStage(text, base, hasMargins(name));
  });
}

function facesChanged(preset: ReaderPreset, { changes, set }: Options) {
  if (changes === undefined && set === undefined) return undefined;
  const base = changes === undefined ? preset.changes : changes === 'none' ? noChanges : photographChanges;
  return parseFaceChanges(base, set ?? {});
}

function four(text: string): number[] {
  const counts = text.split(',').map(Number);
  if (counts.length === 4 && counts.every((count) => Number.isInteger(count) && count >= 1 && count <= 64))
    return counts;
  throw new InvalidArgumentError('expected the blocks of four stages, such as 2,2,4,2.');
}

const repeated = (text: string, before: readonly string[] = []): string[] => [...before, text];

function setField(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=');
  const path = text.slice(0, at);
  if (at < 1 || !faceChangePaths.has(path))
    throw new InvalidArgumentError(`expected one of ${[...faceChangePaths.keys()].join(', ')} and its value.`);
  return { ...before, [path]: text.slice(at + 1) };
}

const listed = (fields: ReadonlyMap<string, string>): string =>
  [...fields].map(([path, expected]) => `  ${path}: ${expected}`).join('\n');

/** Adds the command of one kind below `visage train`. */
function addReader(train_: Command, kind: ReaderKind): void {
  const identity = hasMargins(kind.name);
  const presets = kind.presets.map(({ name, about }) => `${name} (${about})`).join('; ');
  const command = train_
    .command(kind.name)
    .description(kind.about)
    .addOption(new Option('--preset <name>', presets).choices(kind.presets.map(({ name }) => name)))
    .option('--size <pixels>', 'height and width of the faces', integer(16, 512));
  if (identity)
    command
      .option('--width <share>', 'scales every channel count of the network', number(0.01, 4))
      .option('--layers <blocks>', 'residual blocks of the four stages of the network, such as 2,2,4,2', four)
      .option('--latent <n>', 'length of the embedding', integer(8, 4096));
  else command.option('--channels <n>', 'channels of the first map of the network', integer(1, 512));
  command
    .option(
      '--stage <numbers>',
      'a stage such as steps=2000,batchSize=64; may be repeated; the rest is the preset’s',
      repeated,
    )
    .addOption(new Option('--changes <which>', 'random changes of the faces').choices(['none', 'photographs']))
    .option(
      '--set <field=value>',
      'one number of the changes, such as jpeg.strength=60; may be repeated (grey has not been measured on a GPU yet)',
      setField,
    )
    .option('--average <decay>', 'decay of a moving average of the weights (default: the preset’s)', number(0, 0.99999))
    .option('--level <levels>', 'rendered faces: a level such as L2, or a mix by weight such as L1=1,L2=3', levels)
    .option('--people <n>', 'rendered people to learn from', integer(2, 500_000));
  if (identity)
    command.option(
      '--whole',
      'people of levels M0 to M4 keep skull, ears, neck, skin tone, hair and beard from picture to picture, and not the ' +
        'face alone: is a network that may use them better on real faces? Not measured on a GPU yet',
    );
  if (kind.photographs)
    command.option('--data <set>', 'photographs: a set of `visage dataset`, or a folder with a folder for each person');
  command
    .option('--held-out <n>', 'people whom nothing learns from, for measurements', integer(2, 10_000))
    .option('--seed <n>', 'decides weights and faces', integer(0, 2 ** 32 - 2))
    .addOption(precisionOption())
    .option('--from <weights>', 'go on from the weights of such a network, or of a checkpoint; its sizes stay')
    .option('--out <folder>', `where weights, log, checkpoint and report go (default: out/${kind.name})`)
    .option('--resume <checkpoint>', 'go on where this checkpoint stands, in its folder');
  if (kind.photographs)
    command.option('--allow-other-data', 'with --resume: go on although the data set is not the same');
  command
    .addHelpText('after', `\nFields of --stage:\n${listed(stageExpectations(identity))}`)
    .addHelpText('after', `\nFields of --set:\n${listed(faceChangePaths)}`)
    .action((options: Options) => train(kind, options));
}

/** Adds `visage train identity` and its like. */
export function addReaders(train: Command): void {
  train.enablePositionalOptions();
  for (const kind of Object.values(readerKinds)) addReader(train, kind);
}
