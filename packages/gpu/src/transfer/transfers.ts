import type { Faults } from '../launch/faults.ts';
import type { CommandStream } from '../launch/stream.ts';
import type { GpuBuffer } from '../memory/buffer.ts';
import type { BufferPool } from '../memory/pool.ts';
import { HostArrays } from './hostArrays.ts';
import { WhenIdle } from './idle.ts';
import { readback } from './readback.ts';
import { Stagings } from './stagings.ts';
import { Uploads } from './uploads.ts';

/** How much host memory the transfers of a device have, in bytes. */
export interface TransferUse {
  /** In free stagings and arrays that wait for reuse: at most three times {@link Transfers.most}. */
  readonly kept: number;
  /** In stagings whose content is being read, written or copied. */
  readonly inUse: number;
}

/** What {@link Transfers} uses of a device. */
export interface TransferParts {
  readonly device: GPUDevice;
  readonly stream: CommandStream;
  readonly pool: BufferPool;
  readonly faults: Faults;
}

const MOST = 256 * 2 ** 20; // bytes; WebGPU's default limit allows a buffer as large
const IDLE_MS = 10_000;

/**
 * Copies between the host and device buffers, through memory that is kept from one transfer to the next: stagings for
 * either direction, and the arrays that readbacks were copied into and that were given back.
 *
 * Of each of the three at most {@link Transfers.most} bytes are kept, and nothing after ten seconds without a transfer.
 */
export class Transfers {
  /** The most bytes in kept stagings of either direction, and in kept arrays. */
  readonly most: number;
  readonly uploads: Uploads;
  readonly #parts: TransferParts;
  readonly #down: Stagings;
  readonly #up: Stagings;
  readonly #arrays: HostArrays;
  readonly #idle: WhenIdle;

  constructor(parts: TransferParts, { most = MOST, idleMs = IDLE_MS } = {}) {
    this.most = most;
    this.#parts = parts;
    this.#down = new Stagings(parts.device, 'down', most);
    this.#up = new Stagings(parts.device, 'up', most);
    this.#arrays = new HostArrays(most);
    this.#idle = new WhenIdle(idleMs, () => this.clear());
    this.uploads = new Uploads({ ...parts, stagings: this.#up });
  }

  get use(): TransferUse {
    return {
      kept: this.#down.kept + this.#up.kept + this.#arrays.kept,
      inUse: this.#down.used + this.#up.used,
    };
  }

  /** Copies a buffer that has memory to an array, which belongs to the caller. */
  read(buffer: GpuBuffer): Promise<ArrayBuffer> {
    return this.view(buffer, (mapped) => {
      const kept = this.#arrays.take(mapped.byteLength);
      if (!kept) return mapped.slice(0);
      new Uint8Array(kept).set(new Uint8Array(mapped));
      return kept;
    });
  }

  /** Calls `use` with the content of a buffer that has memory; see {@link readback}. */
  view<T>(buffer: GpuBuffer, use: (mapped: ArrayBuffer) => T | Promise<T>): Promise<T> {
    this.#idle.used();
    return readback({ ...this.#parts, stagings: this.#down }, buffer, use).finally(() => this.#idle.used());
  }

  /** Overwrites the beginning of a buffer that has memory; see {@link Uploads.write}. */
  write(buffer: GpuBuffer, data: ArrayBufferView): void {
    this.#idle.used();
    this.uploads.write(buffer, data);
  }

  /** Overwrites a buffer that has memory with what `fill` writes; see {@link Uploads.fill}. */
  fill<T>(buffer: GpuBuffer, fill: (mapped: ArrayBuffer) => T | Promise<T>, issue: () => void): Promise<T> {
    this.#idle.used();
    return this.uploads.fill(buffer, fill, issue).finally(() => this.#idle.used());
  }

  /** Takes over the memory of an array that {@link Transfers.read} returned, for a later one. */
  recycle(array: ArrayBuffer): void {
    this.#idle.used();
    this.#arrays.give(array);
  }

  /** Gives what is kept back to the system. */
  clear(): void {
    this.#down.clear();
    this.#up.clear();
    this.#arrays.clear();
  }

  /** Gives everything back, now or when it is no longer in use. */
  close(): void {
    this.#idle.stop();
    this.#arrays.clear();
    this.#down.close();
    this.#up.close();
  }
}
