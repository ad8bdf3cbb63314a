import type { Gpu } from '@visage/gpu';
import { saveMemo } from '@visage/gpu/node';
import { seeded } from '@visage/nn';
import {
  ArcFace,
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
import { collectProblems, type MetProblem, type TuneResult, tune, zeros } from '@visage/tensor';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { adapterLine, openDevice } from '../terminal/device.ts';
import { integer } from '../terminal/options.ts';
import { type Preset, presetFor, presets } from '../training/presets.ts';
import { builtInWeights, loadIdentityNetwork } from '../training/weights.ts';

interface Options {
  readonly preset?: string;
  readonly size?: number;
  readonly batch?: number[];
  readonly precision?: Precision;
  readonly identity: 'built-in' | 'published';
  readonly seconds?: number;
  readonly again?: boolean;
  readonly out?: string;
}

const SWAPPED_AT_ONCE = [1, 16]; // one picture, and frames of a video

/** Measures the kernel variants of training steps and swaps, and keeps what is fastest for later runs on this adapter. */
async function tuneAdapter(options: Options): Promise<void> {
  const gpu = await openDevice();
  const preset = presets.find(({ name }) => name === options.preset) ?? presetFor(gpu.adapter);
  const { size = preset.imageSize, batch: batches = [preset.batchSize] } = options;
  console.log(`${adapterLine(gpu)}\npreset ${preset.name}, ${size} pixels, batch ${batches.join(', ')}`);
  const identity =
    options.identity === 'published'
      ? seeded(1, () => new ArcFace())
      : await loadIdentityNetwork(builtInWeights('identity'));
  identity.freeze().eval();
  const problems: MetProblem[] = [];
  for (const precision of options.precision ? [options.precision] : precisions) {
    for (const batch of batches)
      problems.push(...(await problemsOfTraining({ preset, size, batch, precision, identity })));
    for (const batch of SWAPPED_AT_ONCE)
      problems.push(...(await problemsOfSwap({ preset, size, batch, precision, identity })));
  }
  gpu.trim();

  const measured = await tune(problems, {
    gpu,
    ...options,
    onResult: (result, done) => console.log(line(result, done)),
  });
  const path = await saveMemo(gpu, options.out);
  console.log(`\n${summary(measured, gpu)}\n${path}`);
}

interface Sample {
  readonly preset: Preset;
  readonly size: number;
  readonly batch: number;
  readonly precision: Precision;
  readonly identity: IdentityNetwork;
}

/** What a step of the paper's recipe asks of the kernels. */
async function problemsOfTraining({ preset, size, batch, precision, identity }: Sample): Promise<MetProblem[]> {
  const data = new ProceduralPairs({ batchSize: batch, imageSize: size, identities: preset.identities });
  const generator = seeded(2, () => new Generator({ ...preset.generator, latent: identity.config.embedding }));
  const discriminator = seeded(3, () => new Discriminator(preset.discriminator));
  const trainer = new Trainer({ generator, discriminator, identity, data, precision, recipe: paper });
  try {
    return await collectProblems(() => trainer.run({ until: trainer.recipe.pairs.length }));
  } finally {
    trainer.dispose();
    for (const each of [generator, discriminator, trainer.average, data]) each.dispose();
  }
}

/** What a swap of so many faces at once asks of the kernels. */
async function problemsOfSwap({ preset, size, batch, precision, identity }: Sample): Promise<MetProblem[]> {
  const generator = seeded(2, () => new Generator({ ...preset.generator, latent: identity.config.embedding }));
  const swapper = new Swapper({ generator, identity, precision });
  const faces = zeros([batch, size, size, 3]);
  try {
    return await collectProblems(() => swapper.swapImages(faces, faces).dispose());
  } finally {
    swapper.dispose();
    for (const each of [generator, faces]) each.dispose();
  }
}

function line({ problem, trials, best }: TuneResult, done: number): string {
  const time = ({ ms }: { ms: number | undefined }) => (ms === undefined ? 'wrong' : `${ms.toFixed(4)} ms`);
  const others = trials.filter(({ variant }) => variant !== best).map((each) => `${each.variant} ${time(each)}`);
  const taken = trials.find(({ variant }) => variant === best) as TuneResult['trials'][number];
  return `${String(done).padStart(4)}  ${problem.family} ${problem.signature}: ${best} ${time(taken)}  (${others.join(', ')})`;
}

/** How much the measurements gain, each problem as often as the steps and swaps met it. */
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

/** Parser of a list of batch sizes. */
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
    .addOption(new Option('--precision <which>', 'only this one (default: both)').choices(precisions))
    .addOption(
      new Option('--identity <which>', 'the identity network that comes with Visage, or one of the published size')
        .choices(['built-in', 'published'])
        .default('built-in'),
    )
    .option('--seconds <n>', 'stop after about so long, large problems first', integer(1, 86_400))
    .option('--again', 'measure what is known already once more')
    .option('--out <file>', 'write the memo here instead of into the cache that later runs read')
    .action(tuneAdapter);
}
