import { writeFile } from 'node:fs/promises';
import { computedPrecisions, integer } from '@visage/cli';
import { aligned } from '@visage/conformance';
import type { Gpu } from '@visage/gpu';
import { startGpu } from '@visage/gpu/node';
import type { Precision } from '@visage/simswap';
import { adapterLine } from '@visage/training';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { batchesFor, precisionsFor, type Sizes, sizesFor } from '../core/sizes.ts';
import { benchPage } from '../report/page.ts';
import { type BenchName, type BenchResult, benchResult, type Measurements, writeResult } from '../report/result.ts';
import { tablesOf } from '../report/tables.ts';

/** Options that several benchmarks share. The adapter decides those that were not given. */
export interface CommonOptions {
  readonly size?: number;
  readonly width?: number;
  readonly blocks?: number;
  readonly batch?: number[];
  readonly precision?: Precision[];
  readonly repeat: number;
  readonly untuned?: boolean;
  readonly fuse?: boolean;
  readonly json?: string;
  readonly html?: string;
}

/** The device and the sizes that a benchmark runs with. */
export interface Setting {
  readonly gpu: Gpu;
  readonly sizes: Sizes;
  readonly batches: readonly number[];
  readonly precisions: readonly Precision[];
}

const positive = (text: string): number => {
  const value = Number(text);
  if (!(value > 0 && value <= 4)) throw new InvalidArgumentError('expected a number above 0, at most 4.');
  return value;
};

/** Collects the values of an option that may be given several times, or as a list with commas. */
const list =
  <T>(read: (text: string) => T) =>
  (text: string, before: readonly T[] = []): T[] => [...before, ...text.split(',').map(read)];

function precision(text: string): Precision {
  if (text === 'f32' || text === 'mixed') return text;
  throw new InvalidArgumentError('expected f32 or mixed.');
}

/** Adds a benchmark with the options that say where its results go. */
export function addBench(program: Command, name: BenchName, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option('--repeat <n>', 'measurements of each thing; the median counts', integer(1, 1000), 7)
    .option('--untuned', 'choose kernels by their fixed order, without the tuning memo')
    .option('--json <file>', 'write the result as JSON')
    .option('--html <file>', 'write the result as a page with plots');
}

/** Adds the options that size networks. */
export const withSizes = (command: Command): Command =>
  command
    .option('--size <pixels>', 'height and width of the images (default: 224; software adapter: 96)', integer(96, 1024))
    .option('--width <factor>', 'scales the channels (default: 1; software adapter: 0.125)', positive)
    .option('--blocks <n>', 'injection blocks of the generator (default: 9; software adapter: 2)', integer(1, 32));

/** Adds the options that say whether launches are fused. */
export const withFusing = (command: Command): Command =>
  command
    .option('--fuse', 'let recorded steps fuse launches that do not depend on each other (default: on GPUs)')
    .option('--no-fuse', 'record launches as they are');

/** Adds the options that say at which batches and precisions to measure. */
export const withBatches = (command: Command): Command =>
  command
    .addOption(new Option('--batch <list>', 'batches, such as 1,4,16').argParser(list(integer(1, 1024))))
    .addOption(new Option('--precision <list>', 'f32, mixed, or both with a comma').argParser(list(precision)));

/**
 * Opens the device as users run it, without Dawn's checks, fills in what was not asked for, and tells what it measures
 * on.
 */
export async function openBench(options: CommonOptions, tell: (text: string) => void = console.log): Promise<Setting> {
  const gpu = await startGpu({ robustness: false, deterministic: options.untuned, fuse: options.fuse });
  const otherwise = sizesFor(gpu);
  const { size = otherwise.size, width = otherwise.width, blocks = otherwise.blocks } = options;
  const { batch = batchesFor(gpu), precision: wanted = precisionsFor(gpu) } = options;
  const tuned = gpu.deterministic ? 'tuning ignored' : `${gpu.tuning.size} tuned problems`;
  tell(`${adapterLine(gpu)}, ${tuned}\n${size} pixels, width ${width}, ${blocks} blocks\n`);
  return { gpu, sizes: { size, width, blocks }, batches: batch, precisions: computedPrecisions(wanted) };
}

const MOST_ROWS = 25; // of a table on the terminal; files have all

/**
 * Writes the JSON file, if it was asked for, with what has been measured so far: a run that ends before its time leaves
 * that much.
 */
export async function keep<Name extends BenchName>(
  { gpu, sizes }: Pick<Setting, 'gpu' | 'sizes'>,
  name: Name,
  measured: Measurements[Name],
  { json }: Pick<CommonOptions, 'json'>,
): Promise<BenchResult<Name>> {
  const result = await benchResult(gpu, name, sizes, measured);
  if (json) await writeResult(json, result);
  return result;
}

/** Prints the tables and writes the files that were asked for. */
export async function finish<Name extends BenchName>(
  setting: Pick<Setting, 'gpu' | 'sizes'>,
  name: Name,
  measured: Measurements[Name],
  options: Pick<CommonOptions, 'json' | 'html'>,
): Promise<void> {
  const result = await keep(setting, name, measured, options);
  for (const { title, rows, note } of tablesOf(result, MOST_ROWS))
    console.log([`\n${title}`, ...aligned(rows), ...(note ? [note] : [])].join('\n'));
  if (options.html) await writeFile(options.html, benchPage(result));
}
