/**
 * Times whole training steps of the paper's recipe with networks of the published size, or scaled.
 *
 *     npm run bench:step -- [--size 224] [--batch 4] [--width 1] [--blocks 9] [--steps 10]
 *
 * Prints the median over steps (half on same-identity pairs, half on cross-identity pairs), images per second, kernels per step and peak
 * memory. Every reported loss must be finite and not zero, else the run counts for nothing and the exit status is 1.
 */
import { parseArgs } from 'node:util';
import { startGpu } from '@visage/gpu/node';
import { seeded } from '@visage/nn';
import {
  ArcFace,
  Discriminator,
  Generator,
  lossNames,
  ProceduralPairs,
  publishedArcFace,
  publishedDiscriminator,
  publishedGenerator,
  type StepReport,
  Trainer,
} from '@visage/simswap';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '224' },
    batch: { type: 'string', default: '4' },
    width: { type: 'string', default: '1' },
    blocks: { type: 'string', default: '9' },
    steps: { type: 'string', default: '10' },
  },
});
const [size, batch, width, blocks, steps] = [values.size, values.batch, values.width, values.blocks, values.steps].map(
  Number,
) as [number, number, number, number, number];

const gpu = await startGpu({ robustness: false });
const identity = seeded(1, () => new ArcFace({ ...publishedArcFace, width }));
const trainer = new Trainer({
  generator: seeded(2, () => new Generator({ ...publishedGenerator, width, blocks })),
  discriminator: seeded(3, () => new Discriminator({ ...publishedDiscriminator, width })),
  identity,
  data: new ProceduralPairs({ batchSize: batch, imageSize: size, identities: 1000 }),
  readEvery: 1000,
});

/** Runs one step to its end and returns its milliseconds. */
async function timedStep(): Promise<number> {
  await gpu.sync();
  const start = performance.now();
  await trainer.run({ until: trainer.step + 1, onStep: (report) => reports.push(report) });
  await gpu.sync();
  return performance.now() - start;
}

const reports: StepReport[] = [];
for (let k = 0; k < 4; k++) await timedStep(); // compiles and records both kinds of step
const times: number[] = [];
for (let k = 0; k < steps; k++) times.push(await timedStep());

const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)] as number;
const broken = reports.some(({ losses }) =>
  lossNames.some((name) => !Number.isFinite(losses[name]) || losses[name] === 0),
);
console.log(
  JSON.stringify({
    adapter: gpu.adapter.name,
    recipe: trainer.recipe.name,
    size,
    batch,
    width,
    ms: Number(median.toFixed(2)),
    stepsPerSecond: Number((1000 / median).toFixed(2)),
    imagesPerSecond: Number(((1000 * batch) / median).toFixed(1)),
    peakGiB: Number((gpu.memory.peak / 2 ** 30).toFixed(2)),
    lossesFinite: !broken,
  }),
);
process.exit(broken ? 1 : 0);
