import { join, relative } from 'node:path';
import { aligned } from '@visage/conformance';
import type { Level } from '@visage/faces';
import { loadSafetensors } from '@visage/nn/node';
import { type RecipeChanges, readCheckpointHeader } from '@visage/simswap';
import type { PeopleSet } from '@visage/training';
import {
  adapterLine,
  compareSystems,
  comparisonTable,
  type Preset,
  presetFor,
  presets,
  runsTable,
} from '@visage/training';
import { type Command, Option } from 'commander';
import { openDevice } from '../terminal/device.ts';
import { UsageError } from '../terminal/failure.ts';
import { integer } from '../terminal/options.ts';
import { refuseGiven } from '../terminal/refuse.ts';

/** The options of `visage eval --compare`: those that only it reads, and those that it shares with `visage eval`. */
export interface CompareOptions {
  readonly checkpoint?: string;
  readonly people: number;
  readonly level: Level;
  readonly peopleSet: PeopleSet;
  readonly json?: boolean;
  readonly preset?: string;
  readonly size?: number;
  readonly batch?: number;
  readonly budget: number;
  readonly steps?: number;
  readonly couples: number;
  readonly photosEach: number;
  readonly meterSteps?: number;
  readonly seed: number;
  readonly seeds: number;
  readonly set?: RecipeChanges;
  /** Default `out/compare`. */
  readonly out?: string;
}

const ONLY_COMPARED = [
  'preset',
  'size',
  'batch',
  'budget',
  'steps',
  'couples',
  'photosEach',
  'meterSteps',
  'seed',
  'seeds',
  'set',
  'out',
] as const;

/**
 * Checks that `visage eval` without `--compare` was given no option that only `--compare` reads.
 *
 * @param read options that are read all the same.
 * @throws UsageError if such an option was given.
 */
export function refuseCompareOptions(command: Command, read: readonly string[] = []): void {
  const names = ONLY_COMPARED.filter((name) => !read.includes(name)) satisfies readonly (keyof CompareOptions)[];
  refuseGiven(
    command,
    names,
    (flag) => `${flag} is for --compare; add --compare, or leave ${flag} out to measure the checkpoint alone`,
  );
}

/**
 * Runs `visage eval --compare`, which trains and measures the systems of the paper side by side.
 *
 * @throws UsageError if the options do not fit together.
 */
export async function compare(options: CompareOptions): Promise<void> {
  const { people, level, couples, photosEach, peopleSet, seed, seeds, set, out = 'out/compare', json } = options;
  if (people < 2 * couples + 2)
    throw new UsageError(
      `--people ${people}: ${couples} couples need at least ${2 * couples + 2}, so that there are strangers`,
    );
  const checkpoint = options.checkpoint === undefined ? undefined : await loadSafetensors(options.checkpoint);
  const gpu = await openDevice();
  const sizes = presets.find(({ name }) => name === options.preset) ?? presetFor(gpu.adapter);
  const preset = { ...sizes, batchSize: options.batch ?? sizes.batchSize };
  const imageSize = sizeOf(options, preset);
  const meterSteps = options.meterSteps ?? (gpu.adapter.software ? 300 : 3000);
  const trained = checkpoint && readCheckpointHeader(checkpoint).imageSize;
  if (trained !== undefined && trained !== imageSize)
    throw new UsageError(`${options.checkpoint}: was trained at ${trained} pixels; compare with --size ${trained}`);
  const say = (line: string) => process.stderr.write(`${line}\n`);
  say(
    `Computing on ${adapterLine(gpu)}, ${imageSize} pixels, ${options.steps ?? `${options.budget} s`} per system${seeds > 1 ? `, ${seeds} seeds` : ''}`,
  );
  const budget = { seconds: options.budget, steps: options.steps };
  const plan = { couples, photos: photosEach, people, peopleSet };
  const run = { plan, seed, seeds, set, checkpoint, folder: out, say };
  const settings = { preset, imageSize, level, budget, meterSteps, ...run };
  const result = await compareSystems(settings);
  if (json) {
    console.log(JSON.stringify(result, null, 2));
    return;
  }
  const { rows, note } = comparisonTable(result);
  const page = join(relative('.', out) || '.', 'index.html');
  const each = seeds > 1 ? ['', ...aligned(runsTable(result).rows)] : [];
  console.log(['', ...aligned(rows), ...each, '', note, '', `${page} shows the faces`].join('\n'));
}

function sizeOf({ size }: CompareOptions, preset: Preset): number {
  const pixels = size ?? preset.imageSize;
  if (pixels % 16 !== 0) throw new UsageError(`--size ${pixels}: the compared systems need a multiple of 16`);
  return pixels;
}

/** Adds the options that only `--compare` reads. */
export function addCompareOptions(command: Command): Command {
  return command
    .option('--compare', 'train SimSwap, FaceShifter and DeepFakes with the same budget and measure them side by side')
    .addOption(
      new Option('--preset <name>', 'with --compare: sizes of the networks').choices(presets.map((p) => p.name)),
    )
    .option('--size <pixels>', 'with --compare: height and width of the images', integer(48, 256))
    .option('--batch <faces>', 'with --compare: faces per step of every training', integer(1, 256))
    .option('--budget <seconds>', 'with --compare: seconds of training per system', integer(1), 90)
    .option('--steps <n>', 'with --compare: steps per system instead of seconds', integer(1))
    .option('--couples <n>', 'with --compare: couples of people who are swapped', integer(1, 100), 4)
    .option('--photos-each <n>', 'with --compare: photos of each person', integer(1, 64), 12)
    .option(
      '--meter-steps <n>',
      'with --compare: training of the regressors of pose, expression, gaze and light (default: 3000, on a software adapter 300)',
      integer(2),
    )
    .option('--seed <n>', 'with --compare: decides weights and pairs', integer(0, 2 ** 32 - 100_000), 1)
    .option(
      '--seeds <n>',
      'with --compare: train every system so often, from seeds a hundred apart, and give mean and spread',
      integer(1, 100),
      1,
    )
    .option(
      '--out <folder>',
      'with --compare: where page, picture and JSON go (default: out/compare); with --photos: where a sheet of the swaps goes',
    );
}
