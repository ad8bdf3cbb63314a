import { type Gpu, median, stayedBusy, timeInterleaved, warmUp } from '@visage/gpu';
import type { Module } from '@visage/nn';
import { lossNames, type Precision, ProceduralPairs, quietStep, type StepReport, Trainer } from '@visage/simswap';
import { keep, noGrad, scope, type Tensor } from '@visage/tensor';
import { checkHealth, magnitudes } from './health.ts';
import { discriminatorOf, generatorOf, identityOf } from './models.ts';
import type { Sizes } from './sizes.ts';

/** How fast the paper's training step is at one batch. */
export interface StepRow {
  readonly precision: Precision;
  readonly batch: number;
  /**
   * Median milliseconds of a step in a running training, half of the steps on pairs of one person, half on pairs of
   * two.
   */
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
  /** Root mean square change of each network's weights by a few steps. */
  readonly updates: Readonly<Record<'generator' | 'discriminator', number>>;
  /** Mean of each loss over the timed steps, but for those that {@link StepRow.overflowed} counts. */
  readonly losses: Readonly<Record<string, number>>;
  /** In mixed precision: steps in which a loss was not finite and the update by it skipped, if there were any. */
  readonly overflowed?: number;
  /** In mixed precision: updates that were skipped because a gradient overflowed. */
  readonly skipped?: number;
}

/** Steps over which weights must change; in mixed precision the first may be skipped while the loss scale falls. */
const A_FEW = 4;

/** What to measure. */
interface StepOptions {
  readonly sizes: Sizes;
  readonly batch: number;
  readonly precision: Precision;
  /** Steps that are timed, in pieces of `piece`. */
  readonly pieces: number;
  readonly piece: number;
}

/** The trainer of the paper's recipe, which reads losses and waits for steps as a training does. */
export function buildTrainer(
  { sizes, precision }: Pick<StepOptions, 'sizes' | 'precision'>,
  data: ProceduralPairs,
): Trainer {
  return new Trainer({
    generator: generatorOf(sizes).freeze(false),
    discriminator: discriminatorOf(sizes).freeze(false),
    identity: identityOf(sizes),
    data,
    precision,
  });
}

/** Times whole training steps. */
export async function timeStep(gpu: Gpu, options: StepOptions): Promise<StepRow> {
  gpu.trim();
  gpu.pool.resetPeak();
  const { sizes, batch, precision, pieces, piece } = options;
  const data = new ProceduralPairs({ batchSize: batch, imageSize: sizes.size, identities: 1000 });
  const trainer = buildTrainer(options, data);
  const reports: StepReport[] = [];
  const run = (steps: number) => trainer.run({ until: trainer.step + steps, onStep: (report) => reports.push(report) });
  const cycle = trainer.recipe.pairs.length;
  await run(2 * cycle); // compiles, and records each kind of step
  await warmUp(gpu, () => run(cycle)); // as many steps as the clock wants
  await trainer.run({ until: quietStep(trainer.step, cycle) });
  reports.length = 0;

  const times: number[] = [];
  for (let k = 0; k < pieces; k++) {
    await gpu.sync();
    const start = performance.now();
    await run(piece);
    await gpu.sync();
    times.push((performance.now() - start) / piece);
  }
  stayedBusy(gpu);
  const ms = median(times);
  const peakGiB = gpu.memory.peak / 2 ** 30;
  const parts = await timeReplays(gpu, trainer);
  const updates = {
    generator: await change(trainer.generator, () => run(A_FEW)),
    discriminator: await change(trainer.discriminator, () => run(A_FEW)),
  };
  const { losses, overflowed } = meanLosses(reports);
  checkHealth(`step, ${precision}, batch ${batch}`, {
    ...losses,
    "the generator's change": updates.generator,
    "the discriminator's change": updates.discriminator,
  });
  const skipped = skippedBy(reports.at(-1));
  for (const each of [trainer, trainer.average, data]) each.dispose();
  const rates = { ms, imagesPerSecond: (1000 * batch) / ms, hostShare: parts.hostMs / ms };
  return { precision, batch, ...rates, ...parts, peakGiB, updates, losses, overflowed, skipped };
}

/** What a step's replay costs the device and the host, the mean over both kinds of pairs. */
async function timeReplays(gpu: Gpu, trainer: Trainer) {
  const kinds = [...new Set(trainer.recipe.pairs)].map((kind) => trainer.recorded(kind));
  const commands = kinds.map((turns) => turns.flatMap((turn) => turn.commands));
  const deviceMs = mean(await timeInterleaved(gpu, commands, { rounds: 3, spanMs: 0 }));
  const hostTimes: number[] = [];
  for (const turns of kinds) {
    const replay = () => {
      for (const turn of turns) turn.run();
    };
    hostTimes.push(await hostClock(gpu, replay));
  }
  return { deviceMs, hostMs: mean(hostTimes), dispatches: mean(commands.map(({ length }) => length)) };
}

/**
 * The mean of each loss over the steps with finite ones: the trainer accepts others only in steps
 * whose update was skipped.
 */
export function meanLosses(reports: readonly Pick<StepReport, 'losses'>[]): Pick<StepRow, 'losses' | 'overflowed'> {
  const finite = reports.filter(({ losses }) => lossNames.every((name) => Number.isFinite(losses[name])));
  const losses = Object.fromEntries(lossNames.map((name) => [name, mean(finite.map((each) => each.losses[name]))]));
  return { losses, overflowed: reports.length - finite.length || undefined };
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

const skippedBy = (report: StepReport | undefined): number | undefined =>
  report?.scaling && report.scaling.generator.skipped + report.scaling.discriminator.skipped;

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
