import { type Gpu, type GpuBuffer, readInPlace, writeInPlace } from '@visage/gpu';
import type { Tensor } from '@visage/tensor';
import { Bucket } from './bucket.ts';
import { averagePart, packBucket, partBytes, unpackBucket } from './kernels.ts';
import type { Message, Transport } from './transport.ts';

/**
 * A bucket whose parts are averaged on one rank each, by a reduce-scatter and an all-gather:
 *
 * values → pack → host → to the ranks that average the parts → mean → host → to all ranks → unpack → means.
 *
 * Of S bytes, S go down to the host and 2 S (n − 1) / n up from it, for n ranks, in two round trips. Each message can
 * be put again in the next exchange: a rank sends averages when it has taken the parts, and the next parts when it has
 * taken the averages.
 */
export class ReduceScatterBucket extends Bucket {
  readonly bytesSent: number;
  protected readonly first: Message;
  protected readonly leaving: GpuBuffer;
  readonly #sent: GpuBuffer;
  readonly #received: GpuBuffer;
  readonly #mean: GpuBuffer;
  readonly #others: GpuBuffer;
  readonly #averages: Message;

  constructor(gpu: Gpu, transport: Transport, tensors: readonly Tensor[], half: boolean) {
    super(gpu, transport, tensors, half);
    const [others, part] = [transport.ranks - 1, partBytes(this.shape)];
    this.#sent = this.buffer(transport.ranks * part);
    this.#received = this.buffer(others * part);
    this.#mean = this.buffer(part);
    this.#others = this.buffer(others * part);
    this.leaving = this.#sent.part(0, others * part);
    this.first = transport.allToAll(part);
    this.#averages = transport.allGather(part);
    this.bytesSent = 2 * others * part;
  }

  protected launchPack(): void {
    packBucket(this.gpu, this.shape, this.numbers, this.#sent);
  }

  /** Sends the parts of the other ranks, and averages the own one when all have come. */
  async start(lane: number, packed: Promise<void>): Promise<void> {
    await this.timed(this.first.carry(lane, packed), packed);
    await writeInPlace(this.gpu, this.#received, (mapped) => this.timed(this.first.take(mapped)));
    averagePart(this.gpu, this.shape, this.#received, this.#sent, this.#mean);
    await readInPlace(this.gpu, this.#mean, (mapped) => this.timed(this.#averages.put(mapped)));
  }

  /** Sends the mean of the own part, and unpacks those of all parts. */
  async finish(lane: number, started: Promise<void>): Promise<void> {
    await this.timed(this.#averages.carry(lane, started), started);
    await writeInPlace(this.gpu, this.#others, (mapped) => this.timed(this.#averages.take(mapped)));
    unpackBucket(this.gpu, this.shape, this.#others, this.#mean, this.numbers);
    this.gpu.flush();
  }

  override dispose(): void {
    for (const message of [this.first, this.#averages]) message.dispose();
    super.dispose();
  }
}
