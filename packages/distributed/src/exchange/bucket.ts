import { type Gpu, type GpuBuffer, type RecordedStep, readInPlace } from '@visage/gpu';
import { copyInto } from '@visage/nn';
import { record, type Tensor } from '@visage/tensor';
import { packedZeros } from '@visage/tensor/kernels';
import type { BucketShape } from './kernels.ts';
import type { Message, Transport } from './transport.ts';

/** When things happened to a bucket in its latest exchange, in milliseconds of `performance.now()`. */
export interface BucketTimes {
  /** The device had computed it. */
  computed: number;
  /** Milliseconds that its messages took: copies on the host, and waiting for other ranks. */
  messages: number;
}

/**
 * Tensors that travel together, on one device. A subclass says which way they go; all ways give the same bits.
 *
 * Messages are put from memory that the device maps, and taken into such.
 */
export abstract class Bucket {
  /** The means, in the order of the tensors, valid after {@link Bucket.finish}. */
  readonly means: readonly Tensor[];
  readonly times: BucketTimes = { computed: 0, messages: 0 };
  /** Bytes that leave this rank in an exchange. */
  abstract readonly bytesSent: number;
  protected readonly gpu: Gpu;
  protected readonly shape: BucketShape;
  /** The values of the tensors, and at the end their means. */
  protected readonly numbers: GpuBuffer;
  readonly #tensors: readonly Tensor[];
  readonly #buffers: GpuBuffer[] = [];
  #packed: RecordedStep<void> | undefined;

  constructor(gpu: Gpu, { rank, ranks }: Transport, tensors: readonly Tensor[], half: boolean) {
    this.gpu = gpu;
    this.#tensors = tensors;
    this.means = packedZeros(
      tensors.map(({ shape }) => shape),
      gpu,
    );
    this.numbers = (this.means[0] as Tensor).buffer.whole;
    this.shape = { rank, ranks, half, bytes: this.numbers.bytes };
  }

  /** The message that is put first. */
  protected abstract readonly first: Message;
  /** What of a device buffer the first message carries. */
  protected abstract readonly leaving: GpuBuffer;
  /** Launches what puts {@link Bucket.numbers} into the form in which they travel. */
  protected abstract launchPack(): void;

  /**
   * Packs the values as they are now, and puts the first message.
   *
   * @param computed is called when the device has computed them.
   * @param free resolves when the message may be put again.
   */
  async pack(computed: () => void, free: Promise<void>): Promise<void> {
    this.#packed ??= record(() => {
      copyInto(this.means, this.#tensors);
      this.launchPack();
    });
    this.#packed.run();
    await readInPlace(this.gpu, this.leaving, async (mapped) => {
      this.times.computed = performance.now();
      computed();
      await free;
      await this.timed(this.first.put(mapped));
    });
  }

  /** Sends the first message, once it is packed, and issues what follows from those of the other ranks. */
  abstract start(lane: number, packed: Promise<void>): Promise<void>;

  /** Does what is left after {@link Bucket.start}: the means have been issued when this resolves. */
  abstract finish(lane: number, started: Promise<void>): Promise<void>;

  /** A buffer of so many bytes that lives as long as the bucket. */
  protected buffer(bytes: number): GpuBuffer {
    const made = this.gpu.alloc(bytes);
    this.gpu.adopt(made);
    this.#buffers.push(made);
    return made;
  }

  /** Waits for a piece of a message, and counts its time from when it could begin. */
  protected async timed(piece: Promise<void>, ready?: Promise<void>): Promise<void> {
    await ready;
    const from = performance.now();
    await piece;
    this.times.messages += performance.now() - from;
  }

  dispose(): void {
    this.#packed?.dispose();
    for (const buffer of this.#buffers) this.gpu.release(buffer);
    for (const mean of this.means) mean.dispose();
  }
}
