/**
 * Times the kernels of the shapes of heads on the adapter of this machine: milliseconds of a batch, by kernel where the
 * device has timestamps.
 *
 *     node --import ./scripts/register.mjs scripts/heads/timeShapes.mjs [batch = 16]
 */
import { loadHeadAsset } from '@visage/faces/node';
import { median, useGpu } from '@visage/gpu';
import { startGpu } from '@visage/gpu/node';
import { record } from '@visage/tensor';
import { HeadModel } from '../../packages/faces/src/heads/geometry/headModel.ts';
import { People } from '../../packages/faces/src/heads/people/people.ts';

const ROUNDS = 5;
/** Runs of a round, which the time of waiting is divided by. */
const RUNS = 20;

const batch = Number(process.argv[2] ?? 16);
if (!Number.isInteger(batch) || batch < 1)
  throw new Error(`timeShapes.mjs: batch is ${process.argv[2]}, expected a positive integer`);
const gpu = useGpu(await startGpu());
const asset = await loadHeadAsset();
const [people, model] = [new People(asset, gpu), new HeadModel(asset, gpu)];
const numbers = Uint32Array.from({ length: batch }, (_, k) => k);
const drawn = people.draw({ identities: numbers, attributes: numbers, level: 'M2' });
const step = record(() => model.shape(drawn));
step.run();
const values = await step.result.positions.floats();
if (!values.subarray(0, 4 * model.layout.bodyVertices).every(Number.isFinite))
  throw new Error('positions are not finite');

const times = [];
for (let round = 0; round < ROUNDS; round++) {
  const start = performance.now();
  for (let run = 0; run < RUNS; run++) step.run();
  await gpu.sync();
  times.push((performance.now() - start) / RUNS);
}
console.log(
  `${gpu.name}: ${median(times).toFixed(3)} ms a batch of ${batch}, ${(median(times) / batch).toFixed(4)} ms a picture`,
);
if (gpu.device.features.has('timestamp-query')) {
  const rows = await gpu.timeKernels(() => {
    for (let run = 0; run < RUNS; run++) model.shape(drawn);
  });
  for (const { kernel, ms, gbps } of rows)
    console.log(
      `${kernel.padEnd(16)} ${((1000 * ms) / RUNS).toFixed(1).padStart(9)} µs ${gbps.toFixed(0).padStart(6)} GB/s`,
    );
}
gpu.destroy();
