import { type Gpu, median, timeInterleaved } from '@visage/gpu';
import { type Module, seeded } from '@visage/nn';
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
import { keep, noGrad, scope, type Tensor } from '@visage/tensor';
import { checkHealth, magnitudes } from './health.ts';
import type { Precision, Sizes } from './sizes.ts';

/** How fast the paper's training step is at one batch. */
export interface StepRow {
  readonly precision: Precision;
  readonly batch: number;
  /** Median milliseconds of a step in a running training, half of the steps on pairs of one person, half on pairs of two. */
  readonly ms: number;
  readonly imagesPerSecond: number;
  /** Milliseconds of a step's kernels on the device. */
  readonly deviceMs: number;
  /** Milliseconds in which the host encodes and submits a step. */
  readonly hostMs: number;
  /** hostMs / ms. */
  readonly hostShare: number;
  /** Kernels per step. */
  readonly dispatches: number;
  /** Most device memory at any time, networks, moments and all. */
  readonly peakGiB: number;
  /** Root mean square change of each network's weights by one step. */
  readonly updates: Readonly<Record<'generator' | 'discriminator', number>>;
  /** Mean of each loss over the timed steps. */
  readonly losses: Readonly<Record<string, number>>;
}

/** What to measure. */
export interface StepOptions {
  readonly sizes: Sizes;
  readonly batch: number;
  readonly precision: Precision;
  /** Steps that are timed, in pieces of `piece`. */
  readonly pieces: number;
  readonly piece: number;
}

/** The trainer of the paper's recipe with networks of a size, on procedural faces. */
function buildTrainer({ size, width, blocks }: Sizes, batch: number): Trainer {
  return new Trainer({
    generator: seeded(2, () => new Generator({ ...publishedGenerator, width, blocks })),
    discriminator: seeded(3, () => new Discriminator({ ...publishedDiscriminator, width })),
    identity: seeded(1, () => new ArcFace({ ...publishedArcFace, width })),
    data: new ProceduralPairs({ batchSize: batch, imageSize: size, identities: 1000 }),
    readEvery: 1000,
  });
}

/** Times whole training steps. */
export async function timeStep(gpu: Gpu, { sizes, batch, precision, pieces, piece }: StepOptions): Promise<StepRow> {
  const trainer = buildTrainer(sizes, batch);
  const kinds = [...new Set(trainer.recipe.pairs)];
  const reports: StepReport[] = [];
  const run = (steps: number) => trainer.run({ until: trainer.step + steps, onStep: (report) => reports.push(report) });
  await run(2 * trainer.recipe.pairs.length); // compiles, and records each kind of step
  reports.length = 0;

  const times: number[] = [];
  for (let k = 0; k < pieces; k++) {
    await gpu.sync();
    const start = performance.now();
    await run(piece);
    await gpu.sync();
    times.push((performance.now() - start) / piece);
  }
  const ms = median(times);
  const peakGiB = gpu.memory.peak / 2 ** 30;

  const recorded = kinds.map((kind) => trainer.recorded(kind));
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const deviceMs = mean(
    await timeInterleaved(
      gpu,
      recorded.map((turns) => turns.flatMap(({ commands }) => commands)),
      { rounds: 3, spanMs: 0 },
    ),
  );
  const hostTimes: number[] = [];
  for (const turns of recorded) {
    hostTimes.push(
      await hostClock(gpu, () => {
        for (const turn of turns) turn.run();
      }),
    );
  }
  const hostMs = mean(hostTimes);
  const updates = {
    generator: await change(trainer.generator, () => run(1)),
    discriminator: await change(trainer.discriminator, () => run(1)),
  };
  const losses = Object.fromEntries(lossNames.map((name) => [name, mean(reports.map((each) => each.losses[name]))]));
  const what = `step, ${precision}, batch ${batch}`;
  checkHealth(what, losses);
  checkHealth(what, {
    "the generator's change": updates.generator,
    "the discriminator's change": updates.discriminator,
  });
  const row = {
    precision,
    batch,
    ms,
    imagesPerSecond: (1000 * batch) / ms,
    deviceMs,
    hostMs,
    hostShare: hostMs / ms,
    dispatches: mean(recorded.map((turns) => turns.reduce((sum, { dispatches }) => sum + dispatches, 0))),
    peakGiB,
    updates,
    losses,
  };
  trainer.dispose();
  for (const network of [trainer.generator, trainer.discriminator, trainer.identity, trainer.average])
    network.dispose();
  gpu.trim();
  return row;
}

/** Median milliseconds until a call returns, the device idle before. */
async function hostClock(gpu: Gpu, call: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let k = 0; k < 5; k++) {
    await gpu.sync();
    const start = performance.now();
    call();
    times.push(performance.now() - start);
  }
  return median(times);
}

/** Root mean square change of a network's weights while `fn` runs. */
async function change(network: Module, fn: () => Promise<void>): Promise<number> {
  const copy = (x: Tensor) => keep(noGrad(() => x.detach().mul(1)));
  const before = network.parameters().map(copy);
  await fn();
  const differences = scope(() =>
    noGrad(() => network.parameters().map((x, k) => x.detach().sub(before[k] as Tensor))),
  );
  const [sizes, count] = [await magnitudes(differences), differences.reduce((sum, { size }) => sum + size, 0)];
  for (const x of [...before, ...differences]) x.dispose();
  return Math.sqrt(sizes.reduce((sum, rms, k) => sum + (differences[k] as Tensor).size * rms ** 2, 0) / count);
}
