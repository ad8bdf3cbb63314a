import { type Gpu, type GpuBuffer, type RecordedStep, readInPlace, writeInPlace } from '@visage/gpu';
import { copyInto } from '@visage/nn';
import type { Shard } from '@visage/simswap';
import { record, type Tensor } from '@visage/tensor';
import { packedZeros } from '@visage/tensor/kernels';
import { averagePart, type BucketShape, packBucket, partBytes, unpackBucket } from './kernels.ts';
import type { Message, Transport } from './transport.ts';

/** When things happened to a bucket in its latest exchange, in milliseconds of `performance.now()`. */
export interface BucketTimes {
  /** The device had computed it. */
  computed: number;
  /** Milliseconds that its two messages took: copies on the host, and waiting for other ranks. */
  messages: number;
}

/**
 * Tensors that travel together, on one device:
 *
 * their values → pack → host → to the ranks that average the parts → mean → host → to all ranks → unpack → means.
 *
 * Messages are put from memory that the device maps, and taken into such. Each can be put again in the next exchange: a
 * rank sends averages when it has taken the parts, and the next parts when it has taken the averages.
 */
export class Bucket {
  /** The means, in the order of the tensors, valid after {@link Bucket.unpack}. */
  readonly means: readonly Tensor[];
  readonly times: BucketTimes = { computed: 0, messages: 0 };
  /** Bytes that leave this rank in an exchange. */
  readonly bytesSent: number;
  readonly #gpu: Gpu;
  readonly #shape: BucketShape;
  readonly #numbers: GpuBuffer;
  readonly #sent: GpuBuffer;
  readonly #received: GpuBuffer;
  readonly #mean: GpuBuffer;
  readonly #others: GpuBuffer;
  readonly #packed: RecordedStep<void>;
  /** The message of the parts that are to be averaged, and that of the averages. */
  readonly #toAverage: Message;
  readonly #averages: Message;

  constructor(gpu: Gpu, transport: Transport, tensors: readonly Tensor[], half: boolean) {
    const { rank, ranks }: Shard = transport;
    this.#gpu = gpu;
    this.means = packedZeros(
      tensors.map(({ shape }) => shape),
      gpu,
    );
    this.#numbers = (this.means[0] as Tensor).buffer.whole;
    this.#shape = { rank, ranks, half, bytes: this.#numbers.bytes };
    const part = partBytes(this.#shape);
    const buffer = (parts: number): GpuBuffer => {
      const made = gpu.alloc(parts * part);
      gpu.adopt(made);
      return made;
    };
    this.#sent = buffer(ranks);
    this.#received = buffer(ranks - 1);
    this.#mean = buffer(1);
    this.#others = buffer(ranks - 1);
    this.#packed = record(() => {
      copyInto(this.means, tensors);
      packBucket(gpu, this.#shape, this.#numbers, this.#sent);
    });
    this.#toAverage = transport.allToAll(part);
    this.#averages = transport.allGather(part);
    this.bytesSent = 2 * (ranks - 1) * part;
  }

  /** Packs the values as they are now. @param computed is called when the device has computed them. */
  async pack(computed: () => void): Promise<void> {
    this.#packed.run();
    await readInPlace(this.#gpu, this.#sent.part(0, this.#received.bytes), (mapped) => {
      this.times.computed = performance.now();
      computed();
      return this.#timed(this.#toAverage.put(mapped));
    });
  }

  /** Sends the parts of the other ranks, once they are packed, and averages the own one when all have come. */
  async average(lane: number, packed: Promise<void>): Promise<void> {
    await this.#timed(this.#toAverage.carry(lane, packed), packed);
    await writeInPlace(this.#gpu, this.#received, (mapped) => this.#timed(this.#toAverage.take(mapped)));
    averagePart(this.#gpu, this.#shape, this.#received, this.#sent, this.#mean);
    await readInPlace(this.#gpu, this.#mean, (mapped) => this.#timed(this.#averages.put(mapped)));
  }

  /** Sends the mean of the own part, once there is one, and unpacks those of all parts. */
  async unpack(lane: number, averaged: Promise<void>): Promise<void> {
    await this.#timed(this.#averages.carry(lane, averaged), averaged);
    await writeInPlace(this.#gpu, this.#others, (mapped) => this.#timed(this.#averages.take(mapped)));
    unpackBucket(this.#gpu, this.#shape, this.#others, this.#mean, this.#numbers);
    this.#gpu.flush();
  }

  /** Waits for a piece of a message, and counts its time from when it could begin. */
  async #timed(piece: Promise<void>, ready?: Promise<void>): Promise<void> {
    await ready;
    const from = performance.now();
    await piece;
    this.times.messages += performance.now() - from;
  }

  dispose(): void {
    this.#packed.dispose();
    for (const message of [this.#toAverage, this.#averages]) message.dispose();
    for (const buffer of [this.#sent, this.#received, this.#mean, this.#others]) this.#gpu.release(buffer);
    for (const mean of this.means) mean.dispose();
  }
}
