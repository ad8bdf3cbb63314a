import { type Gpu, type GpuBuffer, writeInPlace } from '@visage/gpu';
import type { Tensor } from '@visage/tensor';
import { Bucket } from './bucket.ts';
import { averageGathered, packWhole, partBytes } from './kernels.ts';
import type { Message, Transport } from './transport.ts';

/**
 * A bucket that goes whole to all ranks, by an all-gather; each rank averages all of it by itself:
 *
 * values → pack → host → to all ranks → average and unpack → means.
 *
 * Of S bytes, S go down to the host and S (n − 1) up from it, for n ranks, in a single round trip. The message can be
 * put again when every rank has taken it, which nothing in the exchange itself says.
 */
export class AllGatherBucket extends Bucket {
  readonly bytesSent: number;
  protected readonly first: Message;
  protected readonly leaving: GpuBuffer;
  readonly #received: GpuBuffer;

  constructor(gpu: Gpu, transport: Transport, tensors: readonly Tensor[], half: boolean) {
    super(gpu, transport, tensors, half);
    const [others, whole] = [transport.ranks - 1, partBytes({ ...this.shape, ranks: 1 })];
    this.leaving = this.buffer(whole);
    this.#received = this.buffer(others * whole);
    this.first = transport.allGather(whole);
    this.bytesSent = others * whole;
  }

  protected launchPack(): void {
    packWhole(this.gpu, this.shape, this.numbers, this.leaving);
  }

  async start(lane: number, packed: Promise<void>): Promise<void> {
    await this.timed(this.first.carry(lane, packed), packed);
    await writeInPlace(this.gpu, this.#received, (mapped) => this.timed(this.first.take(mapped)));
    averageGathered(this.gpu, this.shape, this.#received, this.leaving, this.numbers);
    this.gpu.flush();
  }

  finish(_lane: number, started: Promise<void>): Promise<void> {
    return started;
  }

  override dispose(): void {
    this.first.dispose();
    super.dispose();
  }
}
