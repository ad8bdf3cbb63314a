import { type Gpu, type GpuBuffer, type RecordedStep, readInPlace, writeInPlace } from '@visage/gpu';
import { copyInto } from '@visage/nn';
import type { Shard } from '@visage/simswap';
import { record, type Tensor } from '@visage/tensor';
import { packedZeros } from '@visage/tensor/kernels';
import { averagePart, type BucketShape, packBucket, partBytes, unpackBucket } from './kernels.ts';
import type { Transport } from './transport.ts';

/** When things happened to a bucket in its latest exchange, in milliseconds of `performance.now()`. */
export interface BucketTimes {
  /** The device had computed it. */
  computed: number;
  /** Milliseconds that its two messages took, waiting for other ranks included. */
  messages: number;
}

/**
 * Tensors that travel together, on one device:
 *
 * their values → pack → host → to the ranks that average the parts → mean → host → to all ranks → unpack → means.
 *
 * MPI never sees memory that the device maps, because not every network and container lets it read such: threads copy
 * between that and ordinary memory, which is kept from one exchange to the next.
 */
export class Bucket {
  /** The means, in the order of the tensors, valid after {@link Bucket.unpack}. */
  readonly means: readonly Tensor[];
  readonly times: BucketTimes = { computed: 0, messages: 0 };
  readonly #gpu: Gpu;
  readonly #transport: Transport;
  readonly #shape: BucketShape;
  readonly #numbers: GpuBuffer;
  readonly #sent: GpuBuffer;
  readonly #received: GpuBuffer;
  readonly #mean: GpuBuffer;
  readonly #others: GpuBuffer;
  readonly #packed: RecordedStep<void>;
  readonly #host: Readonly<Record<'sent' | 'received' | 'mean' | 'all', Uint8Array>>;
  readonly #part: number;

  constructor(gpu: Gpu, transport: Transport, tensors: readonly Tensor[], half: boolean) {
    const { rank, ranks }: Shard = transport;
    this.#gpu = gpu;
    this.#transport = transport;
    this.means = packedZeros(
      tensors.map(({ shape }) => shape),
      gpu,
    );
    this.#numbers = (this.means[0] as Tensor).buffer.whole;
    this.#shape = { rank, ranks, half, bytes: this.#numbers.bytes };
    this.#part = partBytes(this.#shape);
    const buffer = (parts: number): GpuBuffer => {
      const made = gpu.alloc(parts * this.#part);
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
    const bytes = (parts: number) => new Uint8Array(parts * this.#part);
    this.#host = { sent: bytes(ranks - 1), received: bytes(ranks - 1), mean: bytes(1), all: bytes(ranks) };
  }

  /** Bytes that leave this rank in an exchange. */
  get bytesSent(): number {
    return 2 * this.#host.sent.length;
  }

  /** Packs the values as they are now. @param computed is called when the device has computed them. */
  async pack(computed: () => void): Promise<void> {
    this.#packed.run();
    await readInPlace(this.#gpu, this.#sent.part(0, this.#host.sent.length), (mapped) => {
      this.times.computed = performance.now();
      computed();
      return this.#transport.copy(this.#host.sent, mapped);
    });
  }

  /** Sends the parts of the other ranks, once they are packed, and averages the own one when all have come. */
  async average(lane: number, packed: Promise<void>): Promise<void> {
    const { sent, received, mean } = this.#host;
    await this.#timed(packed, this.#transport.allToAll(lane, packed, sent, received));
    await writeInPlace(this.#gpu, this.#received, (mapped) => this.#transport.copy(mapped, received));
    averagePart(this.#gpu, this.#shape, this.#received, this.#sent, this.#mean);
    await readInPlace(this.#gpu, this.#mean, (mapped) => this.#transport.copy(mean, mapped));
  }

  /** Sends the mean of the own part, once there is one, and unpacks those of all parts. */
  async unpack(lane: number, averaged: Promise<void>): Promise<void> {
    const { mean, all } = this.#host;
    await this.#timed(averaged, this.#transport.allGather(lane, averaged, mean, all));
    await writeInPlace(this.#gpu, this.#others, async (mapped) => {
      const own = this.#shape.rank * this.#part;
      await Promise.all([
        this.#transport.copy(mapped.subarray(0, own), all.subarray(0, own)),
        this.#transport.copy(mapped.subarray(own), all.subarray(own + this.#part)),
      ]);
    });
    unpackBucket(this.#gpu, this.#shape, this.#others, this.#mean, this.#numbers);
    this.#gpu.flush();
  }

  async #timed(ready: Promise<void>, message: Promise<void>): Promise<void> {
    await ready;
    const from = performance.now();
    await message;
    this.times.messages += performance.now() - from;
  }

  dispose(): void {
    this.#packed.dispose();
    for (const buffer of [this.#sent, this.#received, this.#mean, this.#others]) this.#gpu.release(buffer);
    for (const mean of this.means) mean.dispose();
  }
}
