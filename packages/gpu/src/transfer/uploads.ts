import type { GpuBuffer } from '../memory/buffer.ts';
import type { BufferPool } from '../memory/pool.ts';
import type { Stagings } from './stagings.ts';

/** What {@link Uploads} uses of a device. */
export interface UploadParts {
  readonly device: GPUDevice;
  readonly pool: BufferPool;
  readonly stagings: Stagings;
}

/**
 * Bytes from which on data go through a staging. Smaller ones go through the queue's own staging, which needs no
 * submission.
 */
const THROUGH_STAGING = 128 * 2 ** 10;

/** Bytes through the queue's own stagings after which the queue is waited for, since Dawn frees them only then. */
const WATCHED = 16 * 2 ** 20;

/** Copies from the host to device buffers, in queue order. */
export class Uploads {
  readonly #device: GPUDevice;
  readonly #pool: BufferPool;
  readonly #stagings: Stagings;
  /** Bytes that were written through the queue's own stagings since they were last watched. */
  #unwatched = 0;
  #onTheirWay = 0;
  /** What is on its way, the oldest first. */
  readonly #arriving: Promise<void>[] = [];

  constructor({ device, pool, stagings }: UploadParts) {
    this.#device = device;
    this.#pool = pool;
    this.#stagings = stagings;
  }

  /** Bytes of stagings whose content the device may still have to copy. */
  get onTheirWay(): number {
    return this.#onTheirWay;
  }

  /** Resolves when at most `most` bytes are on their way. */
  async room(most: number): Promise<void> {
    while (this.#onTheirWay > most && this.#arriving[0]) await this.#arriving[0];
  }

  /**
   * Overwrites the beginning of a buffer that has memory. WebGPU writes whole words, so the last one is padded with
   * zeros.
   */
  write(buffer: GpuBuffer, data: ArrayBufferView): void {
    const { byteLength } = data;
    const staging = byteLength >= THROUGH_STAGING ? this.#open(byteLength) : undefined;
    if (!staging) {
      this.#guarded(buffer, (memory) => this.#writeByQueue(memory, buffer.offset, data));
      return;
    }
    const words = 4 * Math.ceil(byteLength / 4);
    const bytes = new Uint8Array(staging.getMappedRange(0, words));
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, byteLength));
    bytes.fill(0, byteLength);
    this.#send(staging, buffer, words);
  }

  /**
   * Overwrites a whole buffer with what `fill` writes into a mapped staging. The copy is issued when `fill` is done,
   * and not at all if it throws.
   *
   * @param issue is called just before the copy is issued, and may throw to prevent it.
   */
  async fill<T>(buffer: GpuBuffer, fill: (mapped: ArrayBuffer) => T | Promise<T>, issue: () => void): Promise<T> {
    let staging = this.#open(buffer.bytes);
    while (!staging) {
      await this.room(Math.max(0, this.#onTheirWay - 1));
      staging = this.#open(buffer.bytes);
    }
    let isSent = false;
    try {
      const result = await fill(staging.getMappedRange(0, buffer.bytes));
      issue();
      isSent = true;
      this.#send(staging, buffer, buffer.bytes);
      return result;
    } finally {
      if (!isSent) this.#recover(staging);
    }
  }

  /**
   * A mapped staging: a kept one, or a new one if the bound allows it. If nothing is on its way there is always one,
   * however large.
   */
  #open(bytes: number): GPUBuffer | undefined {
    const kept = this.#stagings.take(bytes);
    if (kept) return kept;
    const { used, most } = this.#stagings;
    if (used > 0 && used + bytes > most) return undefined;
    return this.#stagings.make(bytes, true);
  }

  #send(staging: GPUBuffer, buffer: GpuBuffer, bytes: number): void {
    staging.unmap();
    this.#guarded(buffer, (memory) => {
      const encoder = this.#device.createCommandEncoder();
      encoder.copyBufferToBuffer(staging, 0, memory, buffer.offset, bytes);
      this.#device.queue.submit([encoder.finish()]);
    });
    this.#map(staging);
  }

  /** Makes views of a staging that was not sent useless, and keeps it. */
  #recover(staging: GPUBuffer): void {
    staging.unmap();
    this.#map(staging);
  }

  /** Maps a staging for its next use, which succeeds when the device has copied its content. */
  #map(staging: GPUBuffer): void {
    const mapped = staging.mapAsync(2); // WRITE
    this.#arrives(
      staging.size,
      mapped.then(
        () => this.#stagings.give(staging),
        () => this.#stagings.drop(staging), // the device was lost, which is reported elsewhere
      ),
    );
  }

  #writeByQueue(memory: GPUBuffer, offset: number, { buffer, byteOffset, byteLength }: ArrayBufferView): void {
    const { queue } = this.#device;
    const whole = byteLength - (byteLength % 4);
    queue.writeBuffer(memory, offset, buffer, byteOffset, whole);
    if (whole < byteLength) {
      const tail = new Uint8Array(4);
      tail.set(new Uint8Array(buffer, byteOffset + whole, byteLength - whole));
      queue.writeBuffer(memory, offset + whole, tail);
    }
    this.#unwatched += byteLength;
    if (this.#unwatched < WATCHED) return;
    const bytes = this.#unwatched;
    this.#unwatched = 0;
    this.#arrives(
      bytes,
      queue.onSubmittedWorkDone().then(
        () => undefined,
        () => undefined, // the device was lost
      ),
    );
  }

  #arrives(bytes: number, done: Promise<void>): void {
    this.#onTheirWay += bytes;
    const arrived: Promise<void> = done.then(() => {
      this.#onTheirWay -= bytes;
      this.#arriving.splice(this.#arriving.indexOf(arrived), 1);
    });
    this.#arriving.push(arrived);
  }

  /**
   * Calls `issue` with the memory of a buffer. If its allocation failed, it reports that itself; the validation errors
   * that follow from it here are dropped.
   */
  #guarded({ resource }: GpuBuffer, issue: (memory: GPUBuffer) => void): void {
    if (!resource) return;
    const isNew = this.#pool.isNew(resource);
    if (isNew) this.#device.pushErrorScope('validation');
    issue(resource);
    if (isNew) this.#device.popErrorScope().catch(() => undefined); // a lost device rejects
  }
}
