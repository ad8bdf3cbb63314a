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
    precision: { type: 'string', default: 'f32' },
    profile: { type: 'boolean' },
  },
});
const [size, batch, width, blocks, steps] = [values.size, values.batch, values.width, values.blocks, values.steps].map(
  Number,
) as [number, number, number, number, number];
const gpu = await startGpu({ robustness: false, backend: 'null' });
const t00 = performance.now();
const trainer = new Trainer({
  generator: seeded(2, () => new Generator({ ...publishedGenerator, width, blocks })),
  discriminator: seeded(3, () => new Discriminator({ ...publishedDiscriminator, width })),
  identity: seeded(1, () => new ArcFace({ ...publishedArcFace, width })),
  data: new ProceduralPairs({ batchSize: batch, imageSize: size, identities: 1000 }),
  readEvery: 1000,
  precision: values.precision as 'f32' | 'mixed',
});
const reports: StepReport[] = [];
const onStep = (r: StepReport) => reports.push(r);
await trainer.run({ until: 4, onStep });
await gpu.sync();
const warm = performance.now() - t00;
const times: number[] = [];
for (let k = 0; k < 5; k++) {
  const t0 = performance.now();
  await trainer.run({ until: trainer.step + steps, onStep });
  await gpu.sync();
  times.push((performance.now() - t0) / steps);
}
// host time of encoding
const median = times.sort((a, b) => a - b)[2]!;
const peak = gpu.memory.peak / 2 ** 30;
if (values.profile) {
  const rows = await gpu.profile(() => trainer.run({ until: trainer.step + 2 }));
  for (const r of rows.sort((a, b) => b.ms - a.ms))
    console.log(
      r.kernel.padEnd(34),
      String(r.calls / 2).padStart(6),
      (r.ms / 2).toFixed(3).padStart(9),
      r.gflops.toFixed(0).padStart(8),
      r.gbps.toFixed(0).padStart(7),
    );
  console.log('sum', rows.reduce((s, r) => s + r.ms, 0) / 2, rows.reduce((s, r) => s + r.calls, 0) / 2);
}
const last = reports.at(-1);
console.log(
  JSON.stringify({
    precision: values.precision,
    batch,
    ms: median,
    times: times.map((t) => t.toFixed(1)),
    warmSeconds: (warm / 1000).toFixed(1),
    peak: peak.toFixed(2),
    losses: last?.losses,
    first: reports[0]?.losses,
    bad: reports.some(({ losses }) => lossNames.some((n) => !Number.isFinite(losses[n]) || losses[n] === 0)),
  }),
);
process.exit();
