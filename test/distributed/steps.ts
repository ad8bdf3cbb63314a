/** @file A rank that takes some toy steps and tells the losses and a hash of what it would save. */
import { BucketExchange, Mpi } from '@visage/distributed';
import { startGpu } from '@visage/gpu/node';
import { hashOf, toyTrainer } from './toy.ts';

const steps = Number(process.argv[2]);
const mpi = await Mpi.join(Number(process.argv[4] ?? 1));
const gpu = await startGpu({ deterministic: true });
const exchange = new BucketExchange(gpu, mpi, 40_000);
const trainer = toyTrainer(exchange, Number(process.argv[3] ?? 1));
const losses: number[] = [];
await trainer.run({ until: steps, onStep: (report) => losses.push(...Object.values(report.losses)) });
const all = await mpi.gather({ hash: await hashOf(trainer), losses });
if (mpi.rank === 0)
  process.stdout.write(
    `RESULT ${JSON.stringify({ version: mpi.version, lanes: mpi.lanes, all, times: exchange.takeTimes().slice(-2) })}\n`,
  );
await mpi.leave();
process.exit(0);
