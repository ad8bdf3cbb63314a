import { type ProfileRow, warmUp } from '@visage/gpu';
import { paper } from '@visage/simswap';
import { type Command, Option } from 'commander';
import { aligned } from '../terminal/aligned.ts';
import { adapterLine, openDevice } from '../terminal/device.ts';
import { integer } from '../terminal/options.ts';
import { newRun } from '../training/open.ts';
import { presetFor, presets } from '../training/presets.ts';
import { newSettings } from '../training/settings.ts';
import { builtInWeights } from '../training/weights.ts';

interface Options {
  readonly preset?: string;
  readonly size?: number;
  readonly batch?: number;
  readonly steps: number;
  readonly json?: boolean;
}

/** Times every kernel of training steps; those before, which compile, record and bring the device to its full clock, do not count. */
async function profile({ preset: name, size, batch, steps, json }: Options): Promise<void> {
  const gpu = await openDevice();
  const preset = presets.find((each) => each.name === name) ?? presetFor(gpu.adapter);
  const settings = newSettings(preset, paper, { imageSize: size, batchSize: batch });
  const { trainer } = await newRun(settings, builtInWeights('identity'));
  const run = (count: number) => trainer.run({ until: trainer.step + count });
  const cycle = settings.recipe.pairs.length;
  await run(cycle);
  await warmUp(gpu, () => run(cycle));
  const rows = await gpu.profile(() => run(steps));
  const { imageSize, batchSize } = settings;
  const setting = { adapter: gpu.adapter.name, preset: preset.name, imageSize, batchSize, steps };
  if (json) console.log(JSON.stringify({ ...setting, kernels: rows }, null, 2));
  else {
    console.log(
      `${adapterLine(gpu)}\npreset ${preset.name}, ${imageSize} pixels, batch ${batchSize}, mean of ${steps} steps\n`,
    );
    console.log(profileTable(rows, steps));
  }
}

/** One line per kernel, slowest first: calls and milliseconds per step, share of the step, rates. */
function profileTable(rows: readonly ProfileRow[], steps: number): string {
  const total = rows.reduce((sum, { ms }) => sum + ms, 0);
  const calls = rows.reduce((sum, row) => sum + row.calls, 0);
  const body = rows.map((row) => [
    row.kernel,
    String(Math.round(row.calls / steps)),
    (row.ms / steps).toFixed(3),
    `${((100 * row.ms) / total).toFixed(1)} %`,
    row.gflops > 0 ? row.gflops.toFixed(1) : '',
    row.gbps.toFixed(1),
  ]);
  const sum = ['total', String(Math.round(calls / steps)), (total / steps).toFixed(3), '', '', ''];
  return aligned([['kernel', 'calls', 'ms', 'share', 'GFLOP/s', 'GB/s'], ...body, sum]).join('\n');
}

/** Adds `visage profile`. */
export function addProfile(program: Command): void {
  program
    .command('profile')
    .description('time every kernel of a training step')
    .addOption(new Option('--preset <name>', 'sizes of the networks').choices(presets.map(({ name }) => name)))
    .option('--size <pixels>', 'height and width of the images', integer(32, 512))
    .option('--batch <n>', 'pairs per step', integer(1, 512))
    .option('--steps <n>', 'steps to time', integer(1, 1000), 2)
    .option('--json', 'print JSON')
    .action(profile);
}
