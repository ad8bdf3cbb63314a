/** @file Commands that several GPUs run together, each in a process of its own. */
import { createHash } from 'node:crypto';
import { describeRank, Job, launchRanks, RANKS_FOLDER, rankEnvironment } from '@visage/distributed';
import type { Gpu } from '@visage/gpu';
import type { TrainingRun } from '@visage/training';
import { describeFailure, UsageError } from './failure.ts';
import { type Interruption, interruptedStatus, onInterrupt } from './interrupt.ts';

/** How many GPUs, and how they are kept apart. */
export interface RankOptions {
  readonly gpus?: number;
  readonly isolate?: boolean;
}

/**
 * Runs `work` in this process alone; as one of the ranks that `mpirun` or `srun` started; or starts the ranks, each of
 * which gets here by the same command line.
 *
 * An error of a rank ends all of them.
 */
export async function onRanks(
  { gpus, isolate }: RankOptions,
  work: (job: Job | undefined) => Promise<void>,
): Promise<void> {
  if (isolate && gpus === undefined)
    throw new UsageError('--isolate is for --gpus, which starts the ranks; add --gpus');
  if (!rankEnvironment()) return (gpus ?? 1) > 1 ? launch(gpus as number, isolate) : work(undefined);
  const job = await Job.join();
  if (!job) return work(undefined);
  try {
    if (gpus !== undefined && gpus !== job.ranks)
      throw new UsageError(`--gpus ${gpus}: the launcher started ${job.ranks} ranks; leave --gpus out`);
    await work(job);
  } catch (error) {
    await job.fail(describeFailure(error));
  }
  await job.leave();
}

async function launch(ranks: number, isolate: boolean | undefined): Promise<void> {
  const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  let [release, interrupted] = [() => {}, false];
  try {
    const { status, died } = await launchRanks(command, { ranks, isolate }, (stop) => {
      const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
      const onSignal = () => {
        interrupted = true;
        stop();
      };
      for (const signal of signals) process.on(signal, onSignal);
      release = () => {
        for (const signal of signals) process.off(signal, onSignal);
      };
    });
    if (died)
      process.stderr.write(
        `visage: ${describeRank(died, ranks)} died, so all ranks ended. The last checkpoint is as it was, go on with --resume\n`,
      );
    process.exitCode = status !== 0 && interrupted ? interruptedStatus('SIGINT') : status;
  } finally {
    release();
  }
}

/** What a job says of itself at the start, on rank 0. */
export async function tellJob(job: Job, gpu: Gpu, batch: number): Promise<void> {
  const warning = await job.checkDevices(gpu);
  const devices = await job.gather(job.gpu?.pci ?? null);
  if (job.rank !== 0) return;
  console.log(
    `global batch ${batch * job.ranks} = ${job.ranks} ranks x ${batch}, by ${job.mpi}, messages through ${job.route}`,
  );
  for (const [rank, pci] of devices.entries()) console.log(`  ${job.nameOf(rank)}${pci ? `, GPU ${pci}` : ''}`);
  for (const note of [warning, ...job.advice]) if (note) console.log(`Note: ${note}`);
  if (batch < 8 && !gpu.adapter.software)
    console.log(`Note: ${batch} pairs per GPU hide little of the exchange of gradients; more pairs scale better`);
}

/** Makes sure that all ranks begin from the same bits. */
export async function checkSameStart(job: Job, { trainer }: TrainingRun): Promise<void> {
  const state = createHash('sha256').update(await trainer.checkpoint());
  await job.checkSame('state to begin with', state.digest('hex'));
}

/** Takes the steps of a run on a rank that writes nothing. All that it does reaches rank 0. */
export async function followRun({ trainer, settings }: TrainingRun): Promise<void> {
  const release = onRankInterrupt(() => trainer.stop(), false);
  try {
    // Ranks that take steps by themselves average their states where rank 0 saves or measures.
    const every = [settings.sampleEvery, settings.evaluateEvery, settings.saveEvery];
    await trainer.run({ until: settings.steps, tasks: every.map((each) => ({ every: each, run: () => {} })) });
  } finally {
    release();
  }
}

/**
 * Calls `ask` when the ranks are asked to end: by a signal to this one, by SIGUSR1 or SIGUSR2, which launchers pass
 * on, or when the launcher of `--gpus` ends the standard input of rank 0.
 */
export function onRankInterrupt(ask: (why: Interruption) => void, isFirst = true): () => void {
  let asked = false;
  const once = (why: Interruption) => {
    if (!asked) ask(why);
    asked = true;
  };
  const stop = () => once('SIGINT');
  const signals = ['SIGUSR1', 'SIGUSR2'] as const;
  for (const signal of signals) process.on(signal, stop);
  const release = onInterrupt(once);
  const { stdin } = process;
  const listens = isFirst && process.env[RANKS_FOLDER] !== undefined; // others have no input of their own
  if (listens) stdin.on('end', stop).resume();
  return () => {
    release();
    for (const signal of signals) process.off(signal, stop);
    if (listens) stdin.off('end', stop).pause();
  };
}
