import type { Command } from 'commander';
import { type ContestEntry, type ContestResult, competitor, contest } from '../peers/contest.ts';
import { installPeers, PEERS } from '../peers/install.ts';
import { paceFor } from '../peers/measure.ts';
import { PeerProcess } from '../peers/process.ts';
import { visageEngine } from '../peers/visage.ts';
import { type Work, type WorkSizes, workSizes, works } from '../peers/work.ts';
import { arithmeticRate, significant } from '../report/format.ts';
import { addBench, type CommonOptions, finish, keep, openBench, type Setting, withBatches } from './common.ts';

/** Adds `peers`. */
export function addPeers(program: Command): void {
  const command = addBench(
    program,
    'peers',
    'convolutions and a small generator beside tfjs-backend-webgpu and jax-js',
  );
  withBatches(command)
    .option('--install-only', 'install and bundle the peers into bench/peers/dist, and measure nothing')
    .action(async (options: CommonOptions & { installOnly?: boolean }) => {
      await installPeers();
      if (options.installOnly) return;
      await racePeers(await openBench(options), options);
    });
}

/** Times Visage, in this process, beside its peers, each in a process of its own, on one adapter. */
async function racePeers(setting: Setting, options: CommonOptions): Promise<void> {
  const { gpu } = setting;
  const sizes = sizesOf(setting, options);
  const pace = paceFor(gpu, options.repeat);
  const contests = works(sizes);
  const peers = PEERS.map((peer) => new PeerProcess(peer, gpu.adapter.name, { sizes, pace }));
  const visage = competitor('visage', visageEngine(gpu), contests, pace);
  const reportOf = (ended: readonly ContestResult[]) => {
    const devices = peers.flatMap(({ name, device }) => (device ? [[name, device] as const] : []));
    return { devices: Object.fromEntries(devices), contests: ended };
  };
  try {
    const ended = await contest([visage, ...peers], contests, printEntry, async (soFar) => {
      await keep(setting, 'peers', reportOf(soFar), options);
    });
    await finish(setting, 'peers', reportOf(ended), options);
  } finally {
    for (const peer of peers) peer.dispose();
  }
}

function sizesOf({ gpu }: Setting, { batch: batches }: CommonOptions): WorkSizes {
  const usual = workSizes(gpu);
  if (!batches) return usual;
  return { convolution: { ...usual.convolution, batches }, generator: { ...usual.generator, batches } };
}

function printEntry(work: Work, { name, ms, gflops, error, failure }: ContestEntry): void {
  const rate = ms === undefined ? failure : `${significant(ms)} ms  ${arithmeticRate(gflops as number)}`;
  const differs = error ? `  (differs by ${error.toExponential(1)})` : '';
  console.log(`${work.what}, batch ${work.batch}, ${work.pass}: ${name}  ${rate}${differs}`);
}
