/**
 * @file A rank that takes some toy steps: (steps, [steps between means, lanes, ranks that are not to share memory]).
 * Tells the losses, a hash of what it would save, and what it shares with other processes before and after its end.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { BucketExchange, Mpi, rankEnvironment } from '@visage/distributed';
import { startGpu } from '@visage/gpu/node';
import { hashOf, toyTrainer } from './toy.ts';

const [steps, syncEvery = '1', lanes = '1', unwilling = ''] = process.argv.slice(2);

/** Blocks of shared memory that this process sees, and those that others can open. */
function shared(): { seen: number; open: number } {
  const isOurs = (text: string) => text.includes('memfd:visage');
  const target = (descriptor: string) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      return ''; // the one that listed the folder
    }
  };
  const seen = readFileSync('/proc/self/maps', 'utf8').split('\n').filter(isOurs).length;
  return { seen, open: readdirSync('/proc/self/fd').map(target).filter(isOurs).length };
}

const own = String(rankEnvironment()?.rank);
const mpi = await Mpi.join(Number(lanes), !unwilling.split(',').includes(own));
const gpu = await startGpu({ deterministic: true });
const exchange = new BucketExchange(gpu, mpi, { bucketBytes: 40_000 });
const trainer = toyTrainer(exchange, Number(syncEvery));
const losses: number[] = [];
await trainer.run({ until: Number(steps), onStep: (report) => losses.push(...Object.values(report.losses)) });
const hash = await hashOf(trainer);
const during = shared();
trainer.dispose();
await new Promise(setImmediate); // memory is freed when nothing copies any more
const { route, notShared, version } = mpi;
const all = await mpi.gather({ hash, losses, route, notShared, during, after: shared() });
if (mpi.rank === 0)
  process.stdout.write(
    `RESULT ${JSON.stringify({ version, lanes: mpi.lanes, all, times: exchange.takeTimes().slice(-2) })}\n`,
  );
await mpi.leave();
process.exit(0);
