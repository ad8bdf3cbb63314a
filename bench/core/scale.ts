/** @file The paper's training step on several GPUs, beside the same on one of them. */
import { createHash } from 'node:crypto';
import type { Job, JobExchange, Route } from '@visage/distributed';
import { type Gpu, median, VisageError, warmUp } from '@visage/gpu';
import { type Precision, ProceduralPairs, quietStep, Trainer } from '@visage/simswap';
import { discriminatorOf, disposeModels, generatorOf, identityOf } from './models.ts';
import type { Sizes } from './sizes.ts';

/** How a training step scales, measured on rank 0. */
export interface ScaleRow {
  readonly precision: Precision;
  /** Pairs of each GPU. */
  readonly batch: number;
  readonly ranks: number;
  /** Median milliseconds of a step of one GPU, the others idle. */
  readonly msAlone: number;
  /** The same of all together. */
  readonly ms: number;
  /** Images per second of all GPUs, and of one alone. */
  readonly imagesPerSecond: number;
  readonly imagesPerSecondAlone: number;
  /** The quotient of the two. */
  readonly speedUp: number;
  /** Median milliseconds from the first bucket that was computed to the last mean. */
  readonly exchangeMs: number;
  /** Median milliseconds from the last bucket that was computed to the last mean. */
  readonly exposedMs: number;
  /** Share of the step that is exposed exchange. */
  readonly exposedShare: number;
  /** Bytes that leave a rank in a step. */
  readonly bytes: number;
  /** Bytes that leave a rank, over the time of the exchange. */
  readonly gigabytesPerSecond: number;
  /**
   * Bytes that leave a rank, over the time in messages of one lane: what they move, with the copies on the host and the
   * waiting for other ranks.
   */
  readonly messageGigabytesPerSecond: number;
  /** What the messages went through. */
  readonly route: Route;
  /** Steps after which the state of all ranks had the same bits. */
  readonly sameBitsAfter: number;
}

/** What to measure. */
export interface ScaleOptions {
  readonly sizes: Sizes;
  readonly precision: Precision;
  readonly batch: number;
  /** Steps in a piece, and how many pieces are timed. */
  readonly piece: number;
  readonly pieces: number;
  /** Steps after which the ranks are compared. */
  readonly steps: number;
  /** The most bytes of a bucket. */
  readonly bucketBytes?: number;
  readonly lanes: number;
}

/** Measures a training step on rank 0 alone, then on all ranks. All of them must call it. */
export async function timeScale(job: Job, gpu: Gpu, options: ScaleOptions): Promise<ScaleRow> {
  const { precision, batch, bucketBytes, steps, lanes } = options;
  const alone = job.rank === 0 ? await timeTrainer(gpu, options) : undefined;
  const [msAlone] = (await job.gather(alone?.ms ?? 0)) as [number];
  const exchange = job.exchange(gpu, bucketBytes);
  const { ms, hash, times } = await timeTrainer(gpu, options, exchange);
  const hashes = new Set(await job.gather(hash));
  if (hashes.size > 1) throw new VisageError(`after ${steps} steps the states of the ranks differ: ${[...hashes]}`);
  const of = (key: keyof (typeof times)[number]) => median(times.map((each) => each[key]));
  const [exchangeMs, exposedMs, bytes, messages] = [of('exchange'), of('exposed'), of('bytes'), of('messages')];
  const imagesPerSecond = (1000 * batch * job.ranks) / ms;
  const imagesPerSecondAlone = (1000 * batch) / msAlone;
  return {
    ...{ precision, batch, ranks: job.ranks, msAlone, ms, imagesPerSecond, imagesPerSecondAlone },
    ...{ speedUp: imagesPerSecond / imagesPerSecondAlone, exchangeMs, exposedMs, exposedShare: exposedMs / ms, bytes },
    gigabytesPerSecond: bytes / exchangeMs / 1e6,
    messageGigabytesPerSecond: (bytes * lanes) / messages / 1e6,
    route: job.route,
    sameBitsAfter: steps,
  };
}

/** Times the steps of a trainer, alone or with others, and takes as many as are left to the comparison of the ranks. */
async function timeTrainer(gpu: Gpu, options: ScaleOptions, exchange?: JobExchange) {
  const { sizes, precision, batch, piece, pieces, steps } = options;
  disposeModels(); // so that all ranks begin with the same weights
  const { rank, ranks } = exchange ?? { rank: 0, ranks: 1 };
  const data = new ProceduralPairs({
    batchSize: batch,
    imageSize: sizes.size,
    identities: 1000,
    shard: { rank, ranks },
  });
  const trainer = new Trainer({
    generator: generatorOf(sizes).freeze(false),
    discriminator: discriminatorOf(sizes).freeze(false),
    identity: identityOf(sizes),
    data,
    precision,
    exchange,
  });
  const cycle = trainer.recipe.pairs.length;
  await trainer.run({ until: 2 * cycle }); // compiles, and records each kind of step
  // A fixed number of steps, because ranks that count by their clocks would not agree.
  if (exchange) await trainer.run({ until: trainer.step + piece });
  else await warmUp(gpu, () => trainer.run({ until: trainer.step + cycle }));
  await trainer.run({ until: quietStep(trainer.step, cycle) });
  exchange?.takeTimes();
  const measured: number[] = [];
  for (let k = 0; k < pieces; k++) {
    await gpu.sync();
    const start = performance.now();
    await trainer.run({ until: trainer.step + piece });
    await gpu.sync();
    measured.push((performance.now() - start) / piece);
  }
  const times = exchange?.takeTimes() ?? [];
  let hash = '';
  if (exchange) {
    await trainer.run({ until: Math.max(steps, trainer.step) });
    const state = await trainer.snapshot();
    hash = createHash('sha256')
      .update(await state.collect())
      .digest('hex');
    state.dispose();
  }
  for (const each of [trainer, trainer.average, data]) each.dispose();
  return { ms: median(measured), hash, times };
}
