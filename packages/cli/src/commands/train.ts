import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Job } from '@visage/distributed';
import { currentGpu } from '@visage/gpu';
import type { LevelShare, Precision, RecipeChanges } from '@visage/simswap';
import {
  adapterLine,
  checkNobodyTrains,
  type DataChoice,
  describeDataSet,
  describeSplit,
  newRun,
  newSettings,
  type Preset,
  presetFor,
  presets,
  RunFolder,
  recipeNamed,
  resumedRun,
  type TrainingRun,
} from '@visage/training';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { openDevice } from '../terminal/device.ts';
import { UsageError } from '../terminal/failure.ts';
import { withFlags } from '../terminal/flags.ts';
import { outliveReader } from '../terminal/interrupt.ts';
import { levels } from '../terminal/levels.ts';
import { integer } from '../terminal/options.ts';
import { precisionOption, warnOfPrecision } from '../terminal/precision.ts';
import { checkSameStart, followRun, onRankInterrupt, onRanks, tellJob } from '../terminal/ranks.ts';
import { addRecipeFields, recipeOption } from '../terminal/recipe.ts';
import { summary } from '../terminal/summary.ts';
import { watched } from '../terminal/watched.ts';
import { addRankOptions, checkOneGpu, type TrainRankOptions, withScaledRates } from './trainRanks.ts';
import { addReaders } from './trainReader.ts';

interface Options extends TrainRankOptions {
  readonly preset?: string;
  readonly recipe?: string;
  readonly set?: RecipeChanges;
  readonly size?: number;
  readonly batch?: number;
  readonly steps?: number;
  readonly seed?: number;
  readonly precision?: Precision;
  readonly data?: readonly string[];
  readonly mix?: readonly number[];
  readonly level?: readonly LevelShare[];
  readonly judge?: string;
  readonly identity?: string;
  readonly features?: string;
  readonly out?: string;
  readonly from?: string;
  readonly resume?: string;
  readonly allowOtherData?: boolean;
}

/** The names that this command uses for the arguments of a training run. */
const FLAGS = { featuresPath: '--features', steps: '--steps', folders: '--data', allowOtherData: '--allow-other-data' };

/**
 * Trains a run, writes its results to a folder and prints a summary. Ctrl-C, SIGTERM or the loss of the terminal end
 * the training early, after the current step has been finished and everything has been saved.
 */
export async function trainIn(folder: string, run: TrainingRun, job?: Job): Promise<void> {
  if (job) await checkSameStart(job, run);
  if (job && job.rank > 0) return followRun(run);
  const started = performance.now();
  for (const { dataSet, split } of run.dataSets) {
    for (const line of describeDataSet(dataSet)) console.log(line);
    console.log(`  ${describeSplit(split)}`);
  }
  const into = await RunFolder.open(folder, run);
  const outcome = await watched(into, run.settings.steps, run.trainer.step, job && onRankInterrupt);
  console.log(summary(into, outcome, adapterLine(currentGpu()), (performance.now() - started) / 1000));
}

async function train(options: Options): Promise<void> {
  outliveReader();
  const { resume: checkpoint } = options;
  await onRanks(options, (job) => (checkpoint === undefined ? begin(options, job) : resume(checkpoint, options, job)));
}

/** Begins a new run. */
async function begin(options: Options, job: Job | undefined): Promise<void> {
  if (options.allowOtherData) throw new UsageError('--allow-other-data is for --resume; a new run takes any data');
  if (!job) checkOneGpu(options);
  const { out = 'out/train', data, identity, recipe, from, syncEvery = 1 } = options;
  const isFirst = job === undefined || job.rank === 0;
  if (isFirst && existsSync(join(out, 'checkpoint.safetensors'))) {
    throw new UsageError(
      `${out}: holds a checkpoint already; go on with --resume ${out}/checkpoint.safetensors, or choose another --out`,
    );
  }
  if (isFirst) await checkNobodyTrains(out);
  const gpu = await openDevice();
  if (isFirst) console.log(`Computing on ${adapterLine(gpu)}`);
  if (isFirst) warnOfPrecision(options.precision);
  const preset = presets.find(({ name }) => name === options.preset) ?? presetFor(gpu.adapter);
  const changes = {
    imageSize: options.size,
    batchSize: options.batch,
    steps: options.steps,
    seed: options.seed,
    precision: options.precision,
    data: sourcesOf(data, options.mix),
    judge: options.judge,
    levels: options.level,
    set: from === undefined ? options.set : { warmupSteps: warmupOf(preset, options), ...options.set },
  };
  checkSize(preset, options.size);
  if (options.level !== undefined && changes.data?.every(({ folder }) => folder !== null))
    throw new UsageError(`--level is for rendered faces, and no --data asks for them; add --data ${PROCEDURAL}`);
  const settings = withScaledRates(newSettings(preset, recipeNamed(recipe), changes), options.scaleRate, job?.ranks);
  if (job) await tellJob(job, gpu, settings.batchSize);
  const connected = job && { exchange: job.exchange(gpu), syncEvery };
  const run = await withFlags(FLAGS, () => newRun(settings, identity, options.features, from, connected));
  await trainIn(out, run, job);
}

/** Options that may come with --resume; the checkpoint decides all others. */
const WITH_RESUME: readonly string[] = ['resume', 'steps', 'data', 'allowOtherData', 'gpus', 'isolate'];

/** `scaleRate` as it is written on the command line: `scale-rate`. */
const dashed = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/**
 * Continues a run in the folder of its checkpoint. The checkpoint holds all settings; the options may change only the
 * number of steps and the data.
 *
 * @throws UsageError if another option is given, or if the folder holds a later checkpoint.
 */
async function resume(checkpoint: string, options: Options, job: Job | undefined): Promise<void> {
  const { steps, data: folders, allowOtherData } = options;
  const changed = Object.keys(options).find((name) => !WITH_RESUME.includes(name));
  if (changed) throw new UsageError(`--${dashed(changed)} cannot change in a resumed run; the checkpoint decides it`);
  const latest = join(dirname(checkpoint), 'checkpoint.safetensors');
  if (resolve(checkpoint) !== resolve(latest) && existsSync(latest)) {
    throw new UsageError(
      `${checkpoint}: its folder holds the run's latest checkpoint, which going on from here would replace; resume ${latest}, or copy this one into a folder of its own`,
    );
  }
  const isFirst = job === undefined || job.rank === 0;
  if (isFirst) await checkNobodyTrains(dirname(checkpoint));
  const gpu = await openDevice();
  if (isFirst) console.log(`Computing on ${adapterLine(gpu)}`);
  const exchange = job?.exchange(gpu);
  const run = await withFlags(FLAGS, () => resumedRun(checkpoint, { steps, folders, allowOtherData, exchange }));
  if (isFirst) warnOfPrecision(run.settings.precision);
  if (job) await tellJob(job, gpu, run.settings.batchSize);
  await trainIn(dirname(checkpoint), run, job);
}

/** Steps in which the rates rise when a run begins with trained weights: a twentieth, at most 500. */
const warmupOf = (preset: Preset, { steps = preset.steps }: Options): number => Math.min(500, Math.ceil(steps / 20));

/** The word that stands for procedural faces; a folder of that name is `./faces`. */
const PROCEDURAL = 'faces';

/**
 * The sources of `--data` with the weights of `--mix`.
 *
 * @throws UsageError when there are not as many weights as sources.
 */
function sourcesOf(data: readonly string[] | undefined, mix?: readonly number[]): DataChoice[] | undefined {
  if (mix !== undefined && mix.length !== (data?.length ?? 0))
    throw new UsageError(`--mix gives ${mix.length} weights for ${data?.length ?? 0} of --data; give one for each`);
  return data?.map((source, k) => ({ folder: source === PROCEDURAL ? null : source, weight: mix?.[k] ?? 1 }));
}

function weights(text: string): number[] {
  const numbers = text.split(',').map(Number);
  if (numbers.every((weight) => weight > 0 && weight <= 1e6)) return numbers;
  throw new InvalidArgumentError('expected numbers above 0 with commas, such as 3,1.');
}

function checkSize({ generator }: Preset, size: number | undefined): void {
  const stride = generator.deep ? 16 : 8;
  if (size !== undefined && size % stride !== 0) {
    throw new UsageError(`--size ${size}: this preset needs a multiple of ${stride}`);
  }
}

/** Adds `visage train`. */
export function addTrain(program: Command): void {
  const about = presets.map(({ name, about }) => `${name} (${about})`).join('; ');
  const command = program
    .command('train')
    .description('train a swapper from scratch, or go on from a checkpoint; or a network that reads faces')
    .addOption(new Option('--preset <name>', about).choices(presets.map(({ name }) => name)))
    .addOption(recipeOption())
    .option('--size <pixels>', 'height and width of the images', integer(32, 512))
    .option('--batch <n>', 'pairs per step', integer(1, 512))
    .option('--steps <n>', 'total number of steps', integer(1))
    .option('--seed <n>', 'decides weights and pairs', integer(0, 2 ** 32 - 2))
    .addOption(precisionOption())
    .addOption(
      new Option(
        '--data <source>',
        'a set of `visage dataset`, a folder with a folder of square pictures for each person, or `faces` for procedural ones (the default); may be repeated; with --resume: where they lie now',
      ).argParser((source, before: readonly string[] = []) => [...before, source]),
    )
    .addOption(
      new Option('--mix <weights>', 'how often each --data is drawn, in order, such as 3,1 (default: alike)').argParser(
        weights,
      ),
    )
    .option(
      '--level <levels>',
      'rendered faces: a level such as L2, or a mix by weight such as M2=2,M3=1 (default: the preset’s)',
      levels,
    )
    .option(
      '--judge <file>',
      'identity network that measures held-out people of a data set (default: the one of dlib for a set of photographs, else the built-in one)',
    )
    .option(
      '--identity <file>',
      'weights of the identity network (default: that of --from, else the built-in one for such faces)',
    )
    .option('--features <file>', 'EfficientNet-lite0 weights, for recipes with the projected discriminator')
    .option('--out <folder>', 'where log, samples, checkpoint and report go (default: out/train)')
    .option(
      '--from <weights>',
      'begin with the networks of a checkpoint, or with a generator; its sizes stay, the rates rise from 0 again',
    );
  addRankOptions(command)
    .option('--resume <checkpoint>', 'go on where this checkpoint stands, in its folder')
    .option('--allow-other-data', 'with --resume: go on although the data set is not the one that the run began with');
  addRecipeFields(command).action(train);
  addReaders(command);
}
