import { integer, onRanks, tellJob } from '@visage/cli';
import { type Job, lanesIn } from '@visage/distributed';
import type { Command } from 'commander';
import { type ScaleRow, timeScale } from '../core/scale.ts';
import { addBench, type CommonOptions, finish, keep, openBench, withBatches, withSizes } from './common.ts';

interface Options extends CommonOptions {
  readonly gpus: number;
  readonly bucket?: number;
  readonly ahead?: number;
  readonly piece?: number;
  readonly steps?: number;
  readonly isolate?: boolean;
}

/** Adds `scale`. */
export function addScale(program: Command): void {
  withBatches(withSizes(addBench(program, 'scale', 'the training step on several GPUs, over MPI')))
    .option('--gpus <n>', 'how many GPUs of this host; with 1 only what an exchange costs by itself', integer(1, 64), 2)
    .option('--isolate', 'hide the other GPUs of NVIDIA from each rank, where Mesa cannot')
    .option('--bucket <MB>', 'the most 10⁶ bytes of a bucket (default: 12)', integer(1, 2000))
    .option('--ahead <n>', 'buckets of a step that are issued ahead of the device (default: 2)', integer(1, 1000))
    .option('--piece <n>', 'steps in a measurement (default: 20; software adapter: 2)', integer(1, 1000))
    .option('--steps <n>', 'steps before ranks are compared (default: 200; software: 20)', integer(1, 100_000))
    .action((options: Options) => onRanks(options, (job) => measure(options, job)));
}

async function measure({ bucket, ahead, piece, steps, ...options }: Options, job: Job | undefined): Promise<void> {
  const isFirst = (job?.rank ?? 0) === 0;
  const setting = await openBench(options, isFirst ? undefined : () => {});
  const { gpu, sizes } = setting;
  const { software } = gpu.adapter;
  const rows: ScaleRow[] = [];
  for (const batch of options.batch ?? [software ? 1 : 16]) {
    if (job) await tellJob(job, gpu, batch);
    for (const precision of options.precision ?? ([software ? 'f32' : 'mixed'] as const)) {
      rows.push(
        await timeScale(job, gpu, {
          ...{ sizes, precision, batch, lanes: job?.lanes ?? lanesIn(), pieces: options.repeat },
          piece: piece ?? (software ? 2 : 20),
          steps: steps ?? (software ? 20 : 200),
          plan: { bucketBytes: bucket === undefined ? undefined : bucket * 1e6, ahead },
        }),
      );
      if (isFirst) await keep(setting, 'scale', rows, options);
    }
  }
  if (isFirst) await finish(setting, 'scale', rows, options);
}
