/**
 * @file The paper's training step on several GPUs, beside the same on one of them, and beside the same with an exchange
 * that has no other rank.
 *
 * The step with the loopback less the step alone is what the exchange costs a device and its host by themselves: the
 * launches of packing and averaging, the transfers, the copies on the host. What the step of all takes beyond that is
 * waiting for other ranks, and what ranks that share a host take from each other.
 */
import { createHash } from 'node:crypto';
import {
  BucketExchange,
  type ExchangeTimes,
  type Job,
  loopback,
  type PlanOptions,
  type Route,
} from '@visage/distributed';
import { type Gpu, median, VisageError, warmUp } from '@visage/gpu';
import { type GradientExchange, type Precision, ProceduralPairs, quietStep, Trainer } from '@visage/simswap';
import { discriminatorOf, disposeModels, generatorOf, identityOf } from './models.ts';
import type { Sizes } from './sizes.ts';

/** An exchange that can tell what it took. */
type TimedExchange = GradientExchange & { takeTimes(): readonly ExchangeTimes[] };

/** How a training step scales, measured on rank 0. With one rank the step with the loopback is that of all. */
export interface ScaleRow {
  readonly precision: Precision;
  /** Pairs of each GPU. */
  readonly batch: number;
  readonly ranks: number;
  /** Median milliseconds of a step of one GPU, the others idle. */
  readonly msAlone: number;
  /** The same with the loopback. */
  readonly loopbackMs: number;
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
  /** The same with the loopback. */
  readonly loopbackExposedMs: number;
  /** Median milliseconds in which the host issued the launches up to the last gradient. */
  readonly issuingMs: number;
  /** Median milliseconds in which it held launches back, until the device had computed an earlier bucket. */
  readonly heldMs: number;
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
  readonly route: Route | 'loopback';
  /** Steps after which the state of all ranks had the same bits, if there were several. */
  readonly sameBitsAfter?: number;
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
  /** How the exchange is cut and issued, where not as in a training. */
  readonly plan: Partial<PlanOptions>;
  readonly lanes: number;
}

/** Measures a training step on rank 0 alone, with the loopback, and on all ranks if there are others. All call it. */
export async function timeScale(job: Job | undefined, gpu: Gpu, options: ScaleOptions): Promise<ScaleRow> {
  const { precision, batch, plan, steps, lanes } = options;
  const { rank, ranks } = job ?? { rank: 0, ranks: 1 };
  const first = rank === 0 ? await timeFirst(gpu, options) : undefined;
  // The others wait here while rank 0 measures by itself.
  const [own] = ((await job?.gather(first ?? null)) ?? [first]) as [NonNullable<typeof first>];
  const together = job ? await timeTrainer(gpu, options, job.exchange(gpu, plan)) : own.loopback;
  const hashes = new Set(await job?.gather(together.hash));
  if (hashes.size > 1) throw new VisageError(`after ${steps} steps the states of the ranks differ: ${[...hashes]}`);
  const of = (key: keyof ExchangeTimes) => median(together.times.map((each) => each[key]));
  const [exchangeMs, exposedMs, bytes, messages] = [of('exchange'), of('exposed'), of('bytes'), of('messages')];
  const { ms } = together;
  const imagesPerSecond = (1000 * batch * ranks) / ms;
  const imagesPerSecondAlone = (1000 * batch) / own.ms;
  return {
    ...{ precision, batch, ranks, msAlone: own.ms, loopbackMs: own.loopback.ms, ms },
    ...{ imagesPerSecond, imagesPerSecondAlone, speedUp: imagesPerSecond / imagesPerSecondAlone },
    ...{ exchangeMs, exposedMs, exposedShare: exposedMs / ms, bytes },
    loopbackExposedMs: median(own.loopback.times.map(({ exposed }) => exposed)),
    ...{ issuingMs: of('issuing'), heldMs: of('held') },
    gigabytesPerSecond: bytes / exchangeMs / 1e6,
    messageGigabytesPerSecond: (bytes * lanes) / messages / 1e6,
    route: job?.route ?? 'loopback',
    sameBitsAfter: job && steps,
  };
}

/** The step of one device, without an exchange and with one that has no other rank. */
async function timeFirst(gpu: Gpu, options: ScaleOptions) {
  const { ms } = await timeTrainer(gpu, options);
  const exchange = new BucketExchange(gpu, await loopback(options.lanes), options.plan);
  return { ms, loopback: await timeTrainer(gpu, { ...options, steps: 0 }, exchange) };
}

/** Times the steps of a trainer, alone or with others, and takes as many as are left to the comparison of the ranks. */
async function timeTrainer(gpu: Gpu, options: ScaleOptions, exchange?: TimedExchange) {
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
