import { type Gpu, packedBytes } from '@visage/gpu';
import type { ExchangePlan, ExchangeRequest } from '@visage/simswap';
import type { Tensor } from '@visage/tensor';
import { AllGatherBucket } from './allGather.ts';
import type { Bucket } from './bucket.ts';
import { type Cut, cutBuckets } from './cut.ts';
import { ReduceScatterBucket } from './reduceScatter.ts';
import type { Transport } from './transport.ts';

/** What a run of a plan took. */
export interface ExchangeTimes {
  /** From the first bucket that was computed to the last mean, in milliseconds. */
  readonly exchange: number;
  /** From the last bucket that was computed to the last mean: what the step waits for. */
  readonly exposed: number;
  /** Time in messages, summed over all buckets. */
  readonly messages: number;
  /** Bytes that left this rank. */
  readonly bytes: number;
  /** Time in which the host issued the launches of the step and of the packing. */
  readonly issuing: number;
  /** Time in which it held back the next ones, until the device had computed a bucket. */
  readonly held: number;
}

/** How an exchange is cut and issued. */
export interface PlanOptions {
  /** The most bytes of a bucket as it travels. */
  readonly bucketBytes: number;
  /** How many buckets the host issues ahead of the device. */
  readonly ahead: number;
}

/**
 * Whether buckets go whole to all ranks. Of S bytes S (n − 1) come up to a device then, and otherwise 2 S (n − 1) / n.
 * For two ranks these are the same, and one round trip is left of two; for more ranks it would be more.
 */
export const gathersWhole = (ranks: number): boolean => ranks - 1 <= (2 * (ranks - 1)) / ranks;

/** A promise with what settles it. */
function signal() {
  let [done, failed] = [() => {}, (_: unknown) => {}];
  const promise = new Promise<void>((resolve, reject) => {
    [done, failed] = [resolve, reject];
  });
  return { promise, done, failed };
}

/**
 * A planned exchange: its tensors in buckets, in the order in which the step completes them.
 *
 * Buckets leave while the step still computes. The host issues the step in parts, a few buckets ahead of the device:
 * the averaging of a bucket must not queue behind all that is left of the step, and the device must not stand still
 * when the host hears late that a bucket is computed.
 */
export class BucketPlan implements ExchangePlan {
  readonly gradients: readonly Tensor[];
  readonly exact: readonly Tensor[];
  readonly #request: ExchangeRequest;
  readonly #transport: Transport;
  readonly #buckets: readonly { readonly cut: Cut; readonly bucket: Bucket }[];
  readonly #ahead: number;
  readonly #onRun: (times: ExchangeTimes) => void;
  /** Resolves when all ranks have taken what was put in the latest run. */
  #free: Promise<void> = Promise.resolve();

  /**
   * @param onRun is told what each run took.
   */
  constructor(
    gpu: Gpu,
    transport: Transport,
    request: ExchangeRequest,
    { bucketBytes, ahead }: PlanOptions,
    onRun: (times: ExchangeTimes) => void,
  ) {
    this.#onRun = onRun;
    this.#ahead = ahead;
    this.#request = request;
    this.#transport = transport;
    const { step, half } = request;
    const Way = gathersWhole(transport.ranks) ? AllGatherBucket : ReduceScatterBucket;
    const bucketed = (tensors: readonly Tensor[], inHalf: boolean) => {
      const items = tensors.map(({ buffer }) => ({
        bytes: packedBytes(buffer.bytes) / (inHalf ? 2 : 1),
        ready: step?.completeAfter(buffer) ?? 0,
      }));
      const buckets = cutBuckets(items, bucketBytes).map((cut) => {
        const own = cut.items.map((k) => tensors[k] as Tensor);
        return { cut, bucket: new Way(gpu, transport, own, inHalf) };
      });
      const means = new Map(buckets.flatMap(({ cut, bucket }) => cut.items.map((k, at) => [k, bucket.means[at]])));
      return { buckets, means: tensors.map((_, k) => means.get(k) as Tensor) };
    };
    const [gradients, exact] = [bucketed(request.gradients, half), bucketed(request.exact, false)];
    this.gradients = gradients.means;
    this.exact = exact.means;
    this.#buckets = [...gradients.buckets, ...exact.buckets].sort((a, b) => a.cut.ready - b.cut.ready);
  }

  async run(): Promise<void> {
    const all = this.#buckets.map(({ bucket }) => ({ bucket, computed: signal(), packed: signal() }));
    for (const { bucket } of all) bucket.times.messages = 0;
    const free = this.#free;
    const exchanged = Promise.all(this.#asked(all));
    const failed = exchanged.then(() => undefined);
    failed.catch(() => {}); // thrown below
    // Asked for now, so that it has the same place in the order of calls on every rank.
    this.#free = this.#transport.barrier(0, exchanged);
    this.#free.catch(() => {}); // thrown where a bucket is put again
    const pack = ({ bucket, computed, packed }: Round): void => {
      bucket.pack(computed.done, free).then(packed.done, (cause) => {
        packed.failed(cause);
        computed.failed(cause);
      });
      computed.promise.catch(() => {}); // thrown by the exchange too
    };
    const begin = performance.now();
    let held = 0;
    const { step } = this.#request;
    if (!step) for (const round of all) pack(round);
    else {
      await step.runInParts(
        this.#buckets.map(({ cut }) => cut.ready),
        async (k) => {
          pack(all[k] as Round);
          const from = performance.now();
          if (k >= this.#ahead) await Promise.race([(all[k - this.#ahead] as Round).computed.promise, failed]);
          held += performance.now() - from;
        },
      );
    }
    const issuing = performance.now() - begin - held;
    await exchanged;
    this.#measure({ issuing, held });
  }

  /**
   * Asks for the messages of all buckets, lane by lane: the first one of a bucket, then the rest of the bucket before.
   * The order must not depend on what becomes ready first, which differs from rank to rank.
   */
  #asked(all: readonly Round[]): Promise<void>[] {
    const done: Promise<void>[] = [];
    for (let lane = 0; lane < this.#transport.lanes; lane++) {
      let last: (() => void) | undefined;
      for (const { bucket, packed } of all.filter((_, k) => k % this.#transport.lanes === lane)) {
        const started = bucket.start(lane, packed.promise);
        started.catch(() => {}); // thrown by the rest too
        last?.();
        last = () => done.push(bucket.finish(lane, started));
      }
      last?.();
    }
    return done;
  }

  #measure(host: Pick<ExchangeTimes, 'issuing' | 'held'>): void {
    const end = performance.now();
    const buckets = this.#buckets.map(({ bucket }) => bucket);
    const computed = buckets.map(({ times }) => times.computed);
    this.#onRun({
      exchange: end - Math.min(...computed),
      exposed: end - Math.max(...computed),
      messages: buckets.reduce((sum, { times }) => sum + times.messages, 0),
      bytes: buckets.reduce((sum, { bytesSent }) => sum + bytesSent, 0),
      ...host,
    });
  }

  dispose(): void {
    for (const { bucket } of this.#buckets) bucket.dispose();
  }
}

/** A bucket in a run. */
interface Round {
  readonly bucket: Bucket;
  readonly computed: ReturnType<typeof signal>;
  readonly packed: ReturnType<typeof signal>;
}
