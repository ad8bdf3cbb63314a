import { integer, onRanks } from '@visage/cli';
import type { Job } from '@visage/distributed';
import type { Command } from 'commander';
import { timeMessages } from '../core/messages.ts';
import { addBench, type CommonOptions, finish, openBench } from './common.ts';

interface Options extends CommonOptions {
  readonly gpus: number;
  readonly megabytes: number;
  readonly bucket: number;
}

/** Adds `messages`. */
export function addMessages(program: Command): void {
  addBench(program, 'messages', 'the messages of an exchange between ranks, along every route')
    .option('--gpus <n>', 'how many ranks on this host', integer(2, 64), 2)
    .option('--megabytes <n>', 'the gradients as they travel, in 10⁶ bytes', integer(1, 10_000), 138)
    .option('--bucket <MB>', 'the 10⁶ bytes of a bucket', integer(1, 2000), 12)
    .action((options: Options) => onRanks(options, (job) => measure(options, job as Job)));
}

async function measure({ megabytes, bucket, ...options }: Options, job: Job): Promise<void> {
  const isFirst = job.rank === 0;
  const setting = await openBench(options, isFirst ? undefined : () => {});
  if (isFirst) for (const note of job.advice) console.log(`Note: ${note}`);
  const sizes = { bytes: megabytes * 1e6, bucketBytes: bucket * 1e6 };
  const rows = await timeMessages(job, { ...sizes, repeat: options.repeat });
  if (isFirst) await finish(setting, 'messages', rows, options);
}
