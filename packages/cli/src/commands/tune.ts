import type { Gpu } from '@visage/gpu';
import { saveMemo } from '@visage/gpu/node';
import { seeded } from '@visage/nn';
import { checkOutput } from '@visage/nn/node';
import {
  Discriminator,
  Generator,
  type IdentityNetwork,
  type Precision,
  ProceduralPairs,
  paper,
  precisions,
  Swapper,
  Trainer,
} from '@visage/simswap';
import { halfPrecision, tensor } from '@visage/tensor';
import { collectProblems, type MetProblem, startCollecting, type TuneResult, tune } from '@visage/tensor/kernels';
import {
  adapterLine,
  type MeasuredIdentity,
  measuredIdentity,
  type Preset,
  presetFor,
  presets,
} from '@visage/training';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { openDevice } from '../terminal/device.ts';
import { integer } from '../terminal/options.ts';
import { computedPrecisions } from '../terminal/precision.ts';
import { measuredIdentityOption } from '../terminal/recipe.ts';

interface Options {
  readonly preset?: string;
  readonly size?: number;
  readonly batch?: number[];
  readonly precision?: Precision;
  readonly work?: 'training' | 'swap';
  readonly identity: MeasuredIdentity;
  readonly seconds?: number;
  readonly processors?: number;
  readonly again?: boolean;
  readonly out?: string;
}

/** Three minutes are asked of a command that nobody gave a limit; building and tracing the work takes the rest. */
const SECONDS = 160;
const SWAPPED_AT_ONCE = [1, 16]; // batch sizes: one picture, and 16 frames of a video

/** The networks whose kernel problems are measured; the values of their weights do not matter. */
interface Networks {
  readonly generator: Generator;
  readonly discriminator: Discriminator;
  readonly identity: IdentityNetwork;
}

/**
 * Measures the kernel variants of training steps and swaps, and saves the fastest for later runs on this adapter.
 */
async function tuneAdapter(options: Options): Promise<void> {
  if (options.out !== undefined) await checkOutput(options.out, { endings: ['.json'] });
  const end = performance.now() + 1000 * (options.seconds ?? SECONDS);
  const gpu = await openDevice();
  const preset = presets.find(({ name }) => name === options.preset) ?? presetFor(gpu.adapter);
  const { size = preset.imageSize, batch: batches = [preset.batchSize] } = options;
  const networks = await buildNetworks(preset, options.identity);
  const measured: TuneResult[] = [];
  let path = '';
  if (options.processors !== undefined) {
    gpu.tuning.processors = options.processors;
    path = await saveMemo(gpu, options.out); // saved even if the time runs out before the first measurement
  }
  /**
   * Traces one piece of work and measures its problems. The next piece is traced only afterwards, so that the pieces
   * that fit the time limit are complete.
   */
  const work = async (title: string, trace: () => MetProblem[] | Promise<MetProblem[]>) => {
    if (performance.now() > end) return;
    const problems = await trace();
    gpu.trim();
    console.log(`\n${title}: ${problems.length} problems`);
    const onResult = (result: TuneResult) => console.log(`  ${line(result)}`);
    const seconds = (end - performance.now()) / 1000;
    measured.push(...(await tune(problems, { gpu, seconds, again: options.again, onResult })));
    path = await saveMemo(gpu, options.out);
  };
  console.log(`${adapterLine(gpu)}\npreset ${preset.name}, ${size} pixels`);
  for (const precision of options.precision ? computedPrecisions([options.precision]) : precisionsOf(gpu)) {
    for (const batch of options.work === 'swap' ? [] : batches)
      await work(`training, ${precision}, batch ${batch}`, () =>
        problemsOfTraining(networks, { preset, size, batch, precision }),
      );
    for (const batch of options.work === 'training' ? [] : SWAPPED_AT_ONCE)
      await work(`swap, ${precision}, batch ${batch}`, () => problemsOfSwap(networks, { size, batch, precision }));
  }
  console.log(`\n${summary(measured, gpu)}\n${path}`);
  if (measured.length === 0 && performance.now() > end)
    console.log(
      'The time went into building and tracing the work: give it more --seconds, or less to do by --work and --precision.',
    );
}

/** The precisions to measure: mixed first, because tuning gains most there, unless the adapter has no f16. */
const precisionsOf = (gpu: Gpu): Precision[] => (halfPrecision(gpu) === true ? ['mixed', 'f32'] : ['f32']);

async function buildNetworks(preset: Preset, which: Options['identity']): Promise<Networks> {
  const identity = await measuredIdentity(which);
  return {
    generator: seeded(2, () => new Generator({ ...preset.generator, latent: identity.config.embedding })),
    discriminator: seeded(3, () => new Discriminator(preset.discriminator)),
    identity,
  };
}

interface Sample {
  readonly size: number;
  readonly batch: number;
  readonly precision: Precision;
}

/** Collects the kernel problems of training steps under the paper's recipe. */
async function problemsOfTraining(
  networks: Networks,
  { preset, size, batch, precision }: Sample & { readonly preset: Preset },
): Promise<MetProblem[]> {
  const data = new ProceduralPairs({ batchSize: batch, imageSize: size, identities: preset.identities });
  const trainer = new Trainer({ ...networks, data, precision, recipe: paper });
  const stop = startCollecting();
  try {
    await trainer.run({ until: trainer.recipe.pairs.length });
    return stop();
  } finally {
    stop();
    for (const each of [trainer, trainer.average, data]) each.dispose();
  }
}

/** Collects the kernel problems of one swap of a batch of faces. */
function problemsOfSwap(networks: Networks, { size, batch, precision }: Sample): MetProblem[] {
  const identity = networks.identity.folded(); // here, so that its kernels, which run only once, are not traced
  const swapper = new Swapper({ generator: networks.generator, identity, precision });
  const pixels = Float32Array.from({ length: batch * size * size * 3 }, (_, k) => (k % 251) / 250);
  const faces = tensor(pixels, [batch, size, size, 3]);
  try {
    return collectProblems(() => swapper.swapImages(faces, faces).dispose());
  } finally {
    for (const each of [swapper, identity, faces]) each.dispose();
  }
}

function line({ problem, trials, best }: TuneResult): string {
  const time = ({ ms }: { ms: number | undefined }) => (ms === undefined ? 'wrong' : `${ms.toFixed(4)} ms`);
  const others = trials.filter(({ variant }) => variant !== best).map((each) => `${each.variant} ${time(each)}`);
  const taken = trials.find(({ variant }) => variant === best) as TuneResult['trials'][number];
  return `${problem.family} ${problem.signature}: ${best} ${time(taken)}  (${others.join(', ')})`;
}

/** Describes the results: how many problems were measured, how many change kernel, and which trials were wrong. */
function summary(results: readonly TuneResult[], gpu: Gpu): string {
  const changed = results.filter(({ trials, best }) => trials.find(({ ms }) => ms !== undefined)?.variant !== best);
  const wrong = results.flatMap(({ trials }) => trials.filter(({ ms }) => ms === undefined));
  const lines = [`${results.length} problems measured, ${changed.length} take another kernel than before.`];
  if (wrong.length > 0)
    lines.push(
      `${wrong.length} trials gave a wrong result and were left out: ${[...new Set(wrong.map((each) => each.variant))].join(', ')}.`,
    );
  lines.push(`The memo knows ${gpu.tuning.size} problems now; every run on this adapter asks it.`);
  return lines.join('\n');
}

/** The parser of a list of batch sizes. */
function batchList(text: string): number[] {
  const values = text.split(',').map(Number);
  if (values.some((n) => !Number.isInteger(n) || n < 1 || n > 512))
    throw new InvalidArgumentError('expected integers from 1 to 512 with commas between them, such as 4,16.');
  return values;
}

/** Adds `visage tune`. */
export function addTune(program: Command): void {
  program
    .command('tune')
    .description('measure which kernels are fastest on this adapter, for later runs to take')
    .addOption(new Option('--preset <name>', 'sizes of the networks').choices(presets.map(({ name }) => name)))
    .option('--size <pixels>', 'height and width of the images', integer(32, 512))
    .addOption(new Option('--batch <list>', 'pairs per step, such as 4,16').argParser(batchList))
    .addOption(new Option('--work <which>', 'only this one (default: both)').choices(['training', 'swap']))
    .addOption(new Option('--precision <which>', 'only this one (default: both)').choices(precisions))
    .addOption(measuredIdentityOption())
    .option(
      '--seconds <n>',
      `measure for about so long, large problems first (default: ${SECONDS})`,
      integer(1, 86_400),
    )
    .option(
      '--processors <n>',
      'how many processors this GPU has, if its name does not tell: kept in the memo',
      integer(1, 4096),
    )
    .option('--again', 'measure what is known already once more')
    .option('--out <file>', 'write the memo here instead of into the cache that later runs read')
    .action(tuneAdapter);
}
