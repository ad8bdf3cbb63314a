import { checkNumber, type Gpu, VisageError } from '@visage/gpu';
import type { ExchangeRequest, GradientExchange } from '@visage/simswap';
import { BucketPlan, type ExchangeTimes } from './plan.ts';
import type { Transport } from './transport.ts';

const BUCKET_BYTES = 12e6;
/** Exchanges whose times are kept. */
const MOST_TIMES = 1000;

/**
 * Averages gradients over ranks. MPI only moves bytes: every part of a bucket is averaged on one rank's device, in f32
 * and in the order of the ranks, and all ranks get the same bits, whatever library, hosts and network they have.
 */
export class BucketExchange implements GradientExchange {
  readonly rank: number;
  readonly ranks: number;
  readonly #gpu: Gpu;
  readonly #transport: Transport;
  readonly #bucketBytes: number;
  readonly #times: ExchangeTimes[] = [];

  /** @param bucketBytes the most bytes of a bucket as it travels. */
  constructor(gpu: Gpu, transport: Transport, bucketBytes: number = BUCKET_BYTES) {
    checkNumber('BucketExchange', 'bucketBytes', bucketBytes, 1, 2 ** 31 - 1);
    if (transport.ranks < 2) throw new VisageError('BucketExchange: one rank has nobody to exchange gradients with');
    this.#gpu = gpu;
    this.#transport = transport;
    this.#bucketBytes = bucketBytes;
    this.rank = transport.rank;
    this.ranks = transport.ranks;
  }

  plan(request: ExchangeRequest): BucketPlan {
    return new BucketPlan(this.#gpu, this.#transport, request, this.#bucketBytes, (times) => {
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
