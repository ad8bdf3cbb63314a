import type { Gpu } from '@visage/gpu';
import type { Command } from 'commander';
import { competitor, contest, type PeerReport } from '../peers/contest.ts';
import { installPeers, PEERS } from '../peers/install.ts';
import { paceFor } from '../peers/measure.ts';
import { PeerProcess } from '../peers/process.ts';
import { visageEngine } from '../peers/visage.ts';
import { type WorkSizes, workSizes, works } from '../peers/work.ts';
import { arithmeticRate, significant } from '../report/format.ts';
import { addBench, type CommonOptions, finish, openBench, withBatches } from './common.ts';

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
      const setting = await openBench(options);
      await finish(setting, 'peers', await racePeers(setting.gpu, options), options);
    });
}

/** Races Visage, in this process, with its peers, each in its own, on the adapter of `gpu`. */
async function racePeers(gpu: Gpu, { batch, repeat }: Pick<CommonOptions, 'batch' | 'repeat'>): Promise<PeerReport> {
  const usual = workSizes(gpu);
  const { convolution, generator } = usual;
  const sizes: WorkSizes = batch
    ? { convolution: { ...convolution, batches: batch }, generator: { ...generator, batches: batch } }
    : usual;
  const pace = paceFor(gpu, repeat);
  const contests = works(sizes);
  const peers = PEERS.map((peer) => new PeerProcess(peer, gpu.adapter.name, { sizes, pace }));
  const visage = competitor('visage', visageEngine(gpu), contests, pace);
  try {
    const ended = await contest([visage, ...peers], contests, (work, { name, ms, gflops, error, failure }) => {
      const rate = ms === undefined ? failure : `${significant(ms)} ms  ${arithmeticRate(gflops as number)}`;
      const differs = error ? `  (differs by ${error.toExponential(1)})` : '';
      console.log(`${work.what}, batch ${work.batch}, ${work.pass}: ${name}  ${rate}${differs}`);
    });
    const devices = peers.flatMap(({ name, device }) => (device ? [[name, device] as const] : []));
    return { devices: Object.fromEntries(devices), contests: ended };
  } finally {
    for (const peer of peers) peer.dispose();
  }
}
