import { ArgumentError, OutOfMemoryError, VisageError } from '../core/errors.ts';

/** How much device memory a pool has. */
export interface MemoryUse {
  /** Bytes in buffers that are in use. */
  readonly live: number;
  /** Bytes in free buffers that wait for reuse. */
  readonly cached: number;
  /** The largest `live + cached` so far, or since {@link BufferPool.resetPeak}. */
  readonly peak: number;
}

/**
 * Rounds bytes up to a size class: powers of two up to 4 KiB, then 64 classes for each power of two, which waste at
 * most 1.6 %.
 */
function sizeClass(bytes: number): number {
  if (bytes <= 256) return 256;
  const power = 2 ** Math.floor(Math.log2(bytes));
  if (power === bytes) return bytes;
  const step = bytes <= 4096 ? power : power / 64;
  return Math.ceil(bytes / step) * step;
}

const LARGE = 4 * 2 ** 20; // bytes; smaller requests only take buffers of their own size class
const MOST_WASTE = 1 / 8; // how much larger than the request a large buffer may be, as a share of the request

const SPARE = 256 * 2 ** 20; // bytes
/**
 * A factor of the most bytes that were in use. The forward and the backward pass of a step need buffers of different
 * classes, and the next step needs both again.
 */
const SPARE_FACTOR = 2;

const FILTERS = ['out-of-memory', 'validation'] as const;

// STORAGE | COPY_SRC | COPY_DST; in Node GPUBufferUsage does not exist before the entry `node.ts` has run
const USAGE = 0x80 | 0x04 | 0x08;

/**
 * A pool of device buffers. Freed buffers are kept by size class and handed out again, because to create a buffer takes
 * microseconds, and a destroyed one keeps its memory until the device has finished all work that uses it.
 */
export class BufferPool {
  /** Free buffers by size. */
  #free = new Map<number, GPUBuffer[]>();
  /** The same buffers, in the order in which they were given back. */
  #byAge = new Set<GPUBuffer>();
  #live = 0;
  #cached = 0;
  #peak = 0;
  /** The most live bytes so far, or since the latest {@link BufferPool.trim}. */
  #mostLive = 0;
  readonly #device: GPUDevice;
  readonly #onFailure: (error: OutOfMemoryError) => void;
  /** Buffers for which the device has not reported yet whether it had the memory. */
  readonly #new = new Set<GPUBuffer>();
  /** Buffers that were given back since the latest flush. */
  readonly #unflushed = new Set<GPUBuffer>();
  readonly #failures = new WeakMap<GPUBuffer, OutOfMemoryError>();

  /** @param onFailure is called when the device has no memory for a buffer. */
  constructor(device: GPUDevice, onFailure: (error: OutOfMemoryError) => void = () => {}) {
    this.#device = device;
    this.#onFailure = onFailure;
  }

  /**
   * Takes a buffer of at least `bytes` bytes. Its content is whatever its last owner left.
   *
   * @throws ArgumentError if the device does not allow such a large buffer.
   */
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
    const buffer = this.#takeFree(size) ?? this.#make(size);
    this.#live += buffer.size;
    this.#mostLive = Math.max(this.#mostLive, this.#live);
    this.#peak = Math.max(this.#peak, this.#live + this.#cached);
    return buffer;
  }

  /**
   * Creates a buffer. The device reports later whether it had the memory; until then, launches that use the buffer are
   * submitted by themselves.
   */
  #make(size: number): GPUBuffer {
    for (const filter of FILTERS) this.#device.pushErrorScope(filter);
    const buffer = this.#device.createBuffer({ size, usage: USAGE });
    this.#new.add(buffer);
    const hear = (error: GPUError | null): void => {
      if (error && !this.#failures.has(buffer)) this.#refused(buffer, error.message);
    };
    // The device reports this before it reports on launches that use the buffer. A lost device rejects, and its loss is
    // reported elsewhere.
    const heard = FILTERS.map(() => this.#device.popErrorScope().then(hear, () => undefined));
    Promise.all(heard).then(() => this.#new.delete(buffer));
    return buffer;
  }

  #refused(buffer: GPUBuffer, message: string): void {
    const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
    const error = new OutOfMemoryError(
      `alloc: the device gave no memory for a buffer of ${mebibytes(buffer.size)}, beside ${mebibytes(this.#live - buffer.size)} in use and ${mebibytes(this.#cached)} kept for reuse (${message}); dispose() what is not needed, or use a smaller batch, image or network width`,
    );
    this.#failures.set(buffer, error);
    if (this.#byAge.has(buffer)) this.#forget(buffer);
    this.#onFailure(error);
  }

  /** Has the device not reported yet whether it has the memory of a buffer, or has it reported that it has not? */
  isNew(buffer: GPUBuffer): boolean {
    return this.#new.has(buffer) || this.#failures.has(buffer);
  }

  /** The error, if the device had no memory for a buffer. */
  failureOf(buffer: GPUBuffer): OutOfMemoryError | undefined {
    return this.#failures.get(buffer);
  }

  /**
   * A free buffer of this class. For a large buffer also the next larger classes are searched, as far as they waste
   * little: otherwise sizes that hardly ever repeat, such as those of images, would leave a free buffer in each of the
   * many classes.
   */
  #takeFree(size: number): GPUBuffer | undefined {
    const most = size < LARGE ? size : size * (1 + MOST_WASTE);
    for (let at = size; at <= most; at = sizeClass(at + 1)) {
      const buffer = this.#free.get(at)?.pop();
      if (!buffer) continue;
      this.#byAge.delete(buffer);
      this.#cached -= buffer.size;
      return buffer;
    }
    return undefined;
  }

  /**
   * Gives a buffer back. Work that was encoded or submitted with it stays valid, because the queue runs in order.
   *
   * @throws VisageError if more bytes are given back than were taken.
   */
  give(buffer: GPUBuffer): void {
    this.#live -= buffer.size;
    if (this.#live < 0) throw new VisageError('buffer pool: a buffer was given back twice');
    if (this.#failures.has(buffer)) return;
    this.#cached += buffer.size;
    this.#byAge.add(buffer);
    this.#unflushed.add(buffer);
    const list = this.#free.get(buffer.size);
    if (list) list.push(buffer);
    else this.#free.set(buffer.size, [buffer]);
  }

  /** Takes a free buffer out of the lists. */
  #forget(buffer: GPUBuffer): void {
    const list = this.#free.get(buffer.size) ?? [];
    list.splice(list.indexOf(buffer), 1);
    this.#byAge.delete(buffer);
    this.#cached -= buffer.size;
  }

  /**
   * May launches that were encoded and are not submitted yet use a buffer that was just taken? They use none that was
   * free since the latest flush.
   */
  isAwaited(buffer: GPUBuffer): boolean {
    return this.#unflushed.has(buffer);
  }

  /** Notes that all launches are submitted, and destroys what is kept too much. */
  flushed(): void {
    this.#unflushed.clear();
    this.#shrink();
  }

  /**
   * Destroys the buffers that were free for the longest time, until at most {@link SPARE_FACTOR} times the most bytes
   * that were in use, and {@link SPARE} bytes, are left.
   *
   * Work that repeats takes the same buffers again, so they are kept. Images of ever new sizes, however, would leave a
   * free buffer in each class.
   */
  #shrink(): void {
    const most = SPARE + SPARE_FACTOR * this.#mostLive;
    for (const buffer of this.#byAge) {
      if (this.#live + this.#cached <= most) return;
      this.#forget(buffer);
      buffer.destroy();
    }
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
    this.#byAge.clear();
    this.#cached = 0;
    this.#mostLive = this.#live;
  }

  /** Sets the peak to the memory that the pool has now. */
  resetPeak(): void {
    this.#peak = this.#live + this.#cached;
  }

  /** How much device memory the pool has. */
  get use(): MemoryUse {
    return { live: this.#live, cached: this.#cached, peak: this.#peak };
  }
}
