import { ArgumentError, VisageError } from './errors.ts';

/** What the pool holds now. */
export interface MemoryUse {
  /** Bytes in buffers that somebody owns. */
  readonly live: number;
  /** Bytes in free buffers, kept for reuse. */
  readonly cached: number;
  /** Largest `live + cached` so far, or since {@link BufferPool.resetPeak}. */
  readonly peak: number;
}

/** Rounds up to a size class: powers of two up to 4 KiB, then 64 classes between powers of two (at most 1.6 % waste). */
function sizeClass(bytes: number): number {
  if (bytes <= 256) return 256;
  const power = 2 ** Math.floor(Math.log2(bytes));
  if (power === bytes) return bytes;
  const step = bytes <= 4096 ? power : power / 64;
  return Math.ceil(bytes / step) * step;
}

const LARGE = 4 * 2 ** 20; // bytes of buffers that are worth sharing between classes
const MOST_SPARE = 1 / 8; // of the bytes wanted: what a large buffer may have left over

const USAGE = 0x80 | 0x04 | 0x08; // STORAGE | COPY_SRC | COPY_DST: the globals do not exist before Node's entry has run

/** Keeps freed device buffers by size class, because creating one costs microseconds and, worse, a deferred destruction. */
export class BufferPool {
  #free = new Map<number, GPUBuffer[]>();
  #live = 0;
  #cached = 0;
  #peak = 0;
  #device: GPUDevice;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Takes a buffer of at least `bytes`. Its content is whatever the last owner left. */
  take(bytes: number): GPUBuffer {
    const limit = Math.min(this.#device.limits.maxStorageBufferBindingSize, this.#device.limits.maxBufferSize);
    if (bytes > limit) {
      throw new ArgumentError(
        'alloc',
        'size',
        `${(bytes / 2 ** 20).toFixed(1)} MiB`,
        `at most ${(limit / 2 ** 20).toFixed(1)} MiB on this adapter`,
        'Use a smaller batch, image or network width',
      );
    }
    const size = Math.min(sizeClass(bytes), limit - (limit % 4));
    const buffer = this.#takeFree(size) ?? this.#device.createBuffer({ size, usage: USAGE });
    this.#live += buffer.size;
    this.#peak = Math.max(this.#peak, this.#live + this.#cached);
    return buffer;
  }

  /**
   * A free buffer of this class or, of large ones, else of the nearest larger class that wastes little: without that, sizes that hardly repeat (images
   * of varying size) would leave a buffer behind in each of the many classes.
   */
  #takeFree(size: number): GPUBuffer | undefined {
    const most = size < LARGE ? size : size * (1 + MOST_SPARE);
    for (let at = size; at <= most; at = sizeClass(at + 1)) {
      const buffer = this.#free.get(at)?.pop();
      if (!buffer) continue;
      this.#cached -= buffer.size;
      return buffer;
    }
    return undefined;
  }

  /** Gives a buffer back. Work already submitted or encoded with it stays valid: the queue runs in order. */
  give(buffer: GPUBuffer): void {
    this.#live -= buffer.size;
    if (this.#live < 0) throw new VisageError('buffer pool: a buffer was given back twice');
    this.#cached += buffer.size;
    const list = this.#free.get(buffer.size);
    if (list) list.push(buffer);
    else this.#free.set(buffer.size, [buffer]);
  }

  /** Destroys a buffer instead of taking it back. Work that was submitted with it stays valid. */
  drop(buffer: GPUBuffer): void {
    this.#live -= buffer.size;
    buffer.destroy();
  }

  /** Destroys the cached buffers. Call it after a flush. */
  trim(): void {
    for (const list of this.#free.values()) for (const buffer of list) buffer.destroy();
    this.#free.clear();
    this.#cached = 0;
  }

  /** Lets the peak begin anew at what is held now. */
  resetPeak(): void {
    this.#peak = this.#live + this.#cached;
  }

  get use(): MemoryUse {
    return { live: this.#live, cached: this.#cached, peak: this.#peak };
  }
}
