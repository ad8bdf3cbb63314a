import { type Gpu, packedBytes } from '@visage/gpu';
import type { ExchangePlan, ExchangeRequest } from '@visage/simswap';
import type { Tensor } from '@visage/tensor';
import { Bucket } from './bucket.ts';
import { type Cut, cutBuckets } from './cut.ts';
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
}

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
 * Buckets leave while the step still computes. The host issues the step in parts, one bucket ahead of the device, so
 * that the averaging of a bucket does not queue behind all that is left of the step.
 */
export class BucketPlan implements ExchangePlan {
  readonly gradients: readonly Tensor[];
  readonly exact: readonly Tensor[];
  readonly #request: ExchangeRequest;
  readonly #transport: Transport;
  readonly #buckets: readonly { readonly cut: Cut; readonly bucket: Bucket }[];
  readonly #onRun: (times: ExchangeTimes) => void;

  /**
   * @param most bytes of a bucket as it travels.
   * @param onRun is told what each run took.
   */
  constructor(
    gpu: Gpu,
    transport: Transport,
    request: ExchangeRequest,
    most: number,
    onRun: (times: ExchangeTimes) => void,
  ) {
    this.#onRun = onRun;
    this.#request = request;
    this.#transport = transport;
    const { step, half } = request;
    const bucketed = (tensors: readonly Tensor[], inHalf: boolean) => {
      const items = tensors.map(({ buffer }) => ({
        bytes: packedBytes(buffer.bytes) / (inHalf ? 2 : 1),
        ready: step?.completeAfter(buffer) ?? 0,
      }));
      const buckets = cutBuckets(items, most).map((cut) => {
        const own = cut.items.map((k) => tensors[k] as Tensor);
        return { cut, bucket: new Bucket(gpu, transport, own, inHalf) };
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
    const exchanged = Promise.all(this.#asked(all));
    const failed = exchanged.then(() => undefined);
    failed.catch(() => {}); // thrown below
    const pack = ({ bucket, computed, packed }: Round): void => {
      bucket.pack(computed.done).then(packed.done, (cause) => {
        packed.failed(cause);
        computed.failed(cause);
      });
      computed.promise.catch(() => {}); // thrown by the exchange too
    };
    const { step } = this.#request;
    if (!step) for (const round of all) pack(round);
    else {
      await step.runInParts(
        this.#buckets.map(({ cut }) => cut.ready),
        async (k) => {
          pack(all[k] as Round);
          if (k > 0) await Promise.race([(all[k - 1] as Round).computed.promise, failed]);
        },
      );
    }
    await exchanged;
    this.#measure();
  }

  /**
   * Asks for the messages of all buckets, lane by lane: the first one of a bucket, then the second one of the bucket
   * before. The order must not depend on what becomes ready first, which differs from rank to rank.
   */
  #asked(all: readonly Round[]): Promise<void>[] {
    const done: Promise<void>[] = [];
    for (let lane = 0; lane < this.#transport.lanes; lane++) {
      let last: (() => void) | undefined;
      for (const { bucket, packed } of all.filter((_, k) => k % this.#transport.lanes === lane)) {
        const averaged = bucket.average(lane, packed.promise);
        averaged.catch(() => {}); // thrown by the second message too
        last?.();
        last = () => done.push(bucket.unpack(lane, averaged));
      }
      last?.();
    }
    return done;
  }

  #measure(): void {
    const end = performance.now();
    const buckets = this.#buckets.map(({ bucket }) => bucket);
    const computed = buckets.map(({ times }) => times.computed);
    this.#onRun({
      exchange: end - Math.min(...computed),
      exposed: end - Math.max(...computed),
      messages: buckets.reduce((sum, { times }) => sum + times.messages, 0),
      bytes: buckets.reduce((sum, { bytesSent }) => sum + bytesSent, 0),
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
