import { checkInteger, checkNumber, type Gpu, VisageError } from '@visage/gpu';
import type { ExchangeRequest, GradientExchange } from '@visage/simswap';
import { BucketPlan, type ExchangeTimes, type PlanOptions } from './plan.ts';
import type { Transport } from './transport.ts';

const BUCKET_BYTES = 12e6;
/**
 * Two, because with one the device has nothing left to do from the end of a bucket until its host has heard of it and
 * issued more, unless that bucket takes longer than both. Small buckets do not.
 */
const AHEAD = 2;
const MOST_AHEAD = 1000; // more than there are buckets: the whole step is issued at once
/** Exchanges whose times are kept. */
const MOST_TIMES = 1000;

/**
 * Averages gradients over ranks. MPI only moves bytes: devices average them, in f32 and in the order of the ranks, and
 * all ranks get the same bits, whatever library, hosts and network they have. Two ranks send each other whole buckets
 * and both average them; of more, each averages a part of every bucket for all.
 */
export class BucketExchange implements GradientExchange {
  readonly rank: number;
  readonly ranks: number;
  readonly #gpu: Gpu;
  readonly #transport: Transport;
  readonly #options: PlanOptions;
  readonly #times: ExchangeTimes[] = [];

  /**
   * @param options the most bytes of a bucket as it travels, and how many buckets of a step are issued ahead.
   * @throws ArgumentError for a number out of range.
   */
  constructor(gpu: Gpu, transport: Transport, options: Partial<PlanOptions> = {}) {
    const { bucketBytes = BUCKET_BYTES, ahead = AHEAD } = options;
    checkNumber('BucketExchange', 'bucketBytes', bucketBytes, 1, 2 ** 31 - 1);
    checkInteger('BucketExchange', 'ahead', ahead, 1, MOST_AHEAD);
    if (transport.ranks < 2) throw new VisageError('BucketExchange: one rank has nobody to exchange gradients with');
    this.#gpu = gpu;
    this.#transport = transport;
    this.#options = { bucketBytes, ahead };
    this.rank = transport.rank;
    this.ranks = transport.ranks;
  }

  plan(request: ExchangeRequest): BucketPlan {
    return new BucketPlan(this.#gpu, this.#transport, request, this.#options, (times) => {
      this.#times.push(times);
      if (this.#times.length > MOST_TIMES) this.#times.shift();
    });
  }

  /** What the exchanges since the last call took, the oldest first; at most so many as are kept. */
  takeTimes(): readonly ExchangeTimes[] {
    return this.#times.splice(0);
  }

  gather<T>(value: T): Promise<T[]> {
    return this.#transport.gather(value);
  }

  steps<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  async aside<T>(work: () => T | Promise<T>): Promise<T> {
    return work();
  }

  async any(yes: boolean): Promise<boolean> {
    return (await this.gather(yes)).some((each) => each);
  }
}
