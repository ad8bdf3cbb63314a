import { integer, onRanks, tellJob } from '@visage/cli';
import type { Job } from '@visage/distributed';
import type { Command } from 'commander';
import { type ScaleRow, timeScale } from '../core/scale.ts';
import { addBench, type CommonOptions, finish, keep, openBench, withBatches, withSizes } from './common.ts';

interface Options extends CommonOptions {
  readonly gpus: number;
  readonly bucket?: number;
  readonly piece?: number;
  readonly steps?: number;
  readonly isolate?: boolean;
}

/** Adds `scale`. */
export function addScale(program: Command): void {
  withBatches(withSizes(addBench(program, 'scale', 'the training step on several GPUs, over MPI')))
    .option('--gpus <n>', 'how many GPUs of this host', integer(2, 64), 2)
    .option('--isolate', 'hide the other GPUs of NVIDIA from each rank, where Mesa cannot')
    .option('--bucket <MB>', 'the most 10⁶ bytes of a bucket (default: 12)', integer(1, 2000))
    .option('--piece <n>', 'steps in a measurement (default: 20; software adapter: 2)', integer(1, 1000))
    .option('--steps <n>', 'steps before ranks are compared (default: 200; software: 20)', integer(1, 100_000))
    .action((options: Options) => onRanks(options, (job) => measure(options, job as Job)));
}

async function measure({ bucket, piece, steps, ...options }: Options, job: Job): Promise<void> {
  const isFirst = job.rank === 0;
  const setting = await openBench(options, isFirst ? undefined : () => {});
  const { gpu, sizes } = setting;
  const { software } = gpu.adapter;
  const rows: ScaleRow[] = [];
  for (const batch of options.batch ?? [software ? 1 : 16]) {
    await tellJob(job, gpu, batch);
    for (const precision of options.precision ?? ([software ? 'f32' : 'mixed'] as const)) {
      rows.push(
        await timeScale(job, gpu, {
          ...{ sizes, precision, batch, lanes: job.lanes, pieces: options.repeat },
          piece: piece ?? (software ? 2 : 20),
          steps: steps ?? (software ? 20 : 200),
          bucketBytes: bucket === undefined ? undefined : bucket * 1e6,
        }),
      );
      if (isFirst) await keep(setting, 'scale', rows, options);
    }
  }
  if (isFirst) await finish(setting, 'scale', rows, options);
}
