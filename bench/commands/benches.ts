/**
 * @file The benchmarks as commands. Each opens the device and measures; it passes every row to `keep` as soon as it is
 * measured, and the whole result to `finish`.
 */
import { integer } from '@visage/cli';
import { VisageError } from '@visage/gpu';
import { type Command, Option } from 'commander';
import { type ConvolutionRow, timeConvolution } from '../core/convolution.ts';
import { measureKernels } from '../core/kernels.ts';
import { NETWORKS, type NetworkName, type NetworkRow, type Pass, timeNetwork } from '../core/networks.ts';
import { type StepRow, timeStep } from '../core/step.ts';
import { timeSwap } from '../core/swap.ts';
import { significant } from '../report/format.ts';
import { addBench, type CommonOptions, finish, keep, openBench, withBatches, withFusing, withSizes } from './common.ts';
import { addData } from './data.ts';
import { addPeers } from './peers.ts';

/** Adds every benchmark. */
export function addBenches(program: Command): void {
  addKernels(program);
  addConvolutions(program);
  addNetworks(program);
  addStep(program);
  addData(program);
  addPeers(program);
}

function addKernels(program: Command): void {
  const command = addBench(program, 'kernels', 'every kernel of the networks, at every shape that they give it');
  withBatches(withSizes(command))
    .addOption(new Option('--network <name>', 'only this network').choices(NETWORKS))
    .action(async (options: CommonOptions & { network?: NetworkName }) => {
      const setting = await openBench(options);
      const { gpu, sizes, batches, precisions } = setting;
      const networks = options.network ? [options.network] : NETWORKS;
      const measured = await measureKernels(gpu, {
        ...{ sizes, batches, precisions, networks },
        rounds: options.repeat,
        onRows: async ([first, ...rest], soFar) => {
          if (!first) return;
          console.log(`${first.network}, ${first.precision}, batch ${first.batch}: ${rest.length + 1} kernels`);
          await keep(setting, 'kernels', soFar, options);
        },
      });
      await finish(setting, 'kernels', measured, options);
    });
}

function addConvolutions(program: Command): void {
  const command = addBench(program, 'convolutions', 'one convolution, forward and both gradients');
  withBatches(command)
    .option('--channels <n>', 'channels on both sides', integer(1, 4096), 512)
    .option('--at <pixels>', 'height and width of the map', integer(1, 1024), 28)
    .option('--kernel <n>', 'height and width of the kernel, odd', integer(1, 15), 3)
    .action(async (options: CommonOptions & { channels: number; at: number; kernel: number }) => {
      const setting = await openBench(options);
      const { channels, at: size, kernel, repeat } = options;
      if (kernel % 2 === 0) throw new VisageError('--kernel: expected an odd number, so that the map keeps its size');
      const rows: ConvolutionRow[] = [];
      for (const precision of setting.precisions)
        for (const batch of setting.batches) {
          const shape = { batch, size, channelsIn: channels, channelsOut: channels, kernel };
          rows.push(await timeConvolution(setting.gpu, shape, precision === 'mixed' ? 'f16' : 'f32', repeat));
          await keep(setting, 'convolutions', rows, options);
        }
      await finish(setting, 'convolutions', rows, options);
    });
}

function addNetworks(program: Command): void {
  const command = addBench(program, 'networks', 'whole networks, forward and with gradients, and the swap');
  withBatches(withSizes(command))
    .addOption(new Option('--network <name>', 'only this network').choices([...NETWORKS, 'swap']))
    .action(async (options: CommonOptions & { network?: NetworkName | 'swap' }) => {
      const setting = await openBench(options);
      const { gpu, sizes, batches, precisions } = setting;
      const rows: NetworkRow[] = [];
      const note = async (row: NetworkRow) => {
        console.log(`${row.network} ${row.pass} ${row.precision} batch ${row.batch}: ${significant(row.deviceMs)} ms`);
        rows.push(row);
        await keep(setting, 'networks', rows, options);
      };
      const asked = (name: string) => !options.network || options.network === name;
      for (const precision of precisions) {
        for (const batch of batches) {
          for (const name of NETWORKS.filter(asked)) {
            for (const pass of ['forward', 'training'] as const satisfies readonly Pass[])
              await note(await timeNetwork(gpu, name, { pass, batch, precision, sizes }, options.repeat));
          }
          if (asked('swap')) await note(await timeSwap(gpu, { batch, precision, sizes }, options.repeat));
        }
      }
      await finish(setting, 'networks', rows, options);
    });
}

function addStep(program: Command): void {
  const command = addBench(program, 'step', "the paper's training step");
  withFusing(withBatches(withSizes(command)))
    .option('--steps <n>', 'steps per measurement (default: 10; software adapter: 2)', integer(1, 1000))
    .action(async (options: CommonOptions & { steps?: number }) => {
      const setting = await openBench(options);
      const { gpu, sizes, precisions } = setting;
      const batches = options.batch ?? (gpu.adapter.software ? [2] : [4, 16]);
      const piece = options.steps ?? (gpu.adapter.software ? 2 : 10);
      const rows: StepRow[] = [];
      for (const precision of precisions) {
        for (const batch of batches) {
          const row = await timeStep(gpu, { sizes, batch, precision, pieces: options.repeat, piece });
          console.log(
            `${precision}, batch ${batch}: ${significant(row.ms)} ms, ${significant(row.imagesPerSecond)} images/s`,
          );
          rows.push(row);
          await keep(setting, 'step', rows, options);
        }
      }
      await finish(setting, 'step', rows, options);
    });
}
