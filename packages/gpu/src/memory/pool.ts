import { ArgumentError, OutOfMemoryError, VisageError } from '../core/errors.ts';

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

const SPARE = 256 * 2 ** 20; // bytes
/** Times the most that was in use: a step whose forward and backward pass need other classes leaves both behind, and wants both again. */
const SPARE_FACTOR = 2;

const FILTERS = ['out-of-memory', 'validation'] as const;

const USAGE = 0x80 | 0x04 | 0x08; // STORAGE | COPY_SRC | COPY_DST: the globals do not exist before Node's entry has run

/** Keeps freed device buffers by size class, because creating one costs microseconds and, worse, a deferred destruction. */
export class BufferPool {
  #free = new Map<number, GPUBuffer[]>();
  /** The same, in the order in which they were given back. */
  #given = new Set<GPUBuffer>();
  #live = 0;
  #cached = 0;
  #peak = 0;
  /** Most live bytes so far, or since the latest {@link BufferPool.trim}. */
  #mostLive = 0;
  readonly #device: GPUDevice;
  readonly #onFailure: (error: OutOfMemoryError) => void;
  /** Made, and the device has not said yet whether it had the memory. */
  readonly #new = new Set<GPUBuffer>();
  readonly #failures = new WeakMap<GPUBuffer, OutOfMemoryError>();

  /** @param onFailure hears when the device has no memory for a buffer. */
  constructor(device: GPUDevice, onFailure: (error: OutOfMemoryError) => void = () => {}) {
    this.#device = device;
    this.#onFailure = onFailure;
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
    const buffer = this.#takeFree(size) ?? this.#make(size);
    this.#live += buffer.size;
    this.#mostLive = Math.max(this.#mostLive, this.#live);
    this.#peak = Math.max(this.#peak, this.#live + this.#cached);
    return buffer;
  }

  /** Whether there is memory for a buffer the device says later: until then, launches that use it are submitted by themselves. */
  #make(size: number): GPUBuffer {
    for (const filter of FILTERS) this.#device.pushErrorScope(filter);
    const buffer = this.#device.createBuffer({ size, usage: USAGE });
    this.#new.add(buffer);
    const hear = (error: GPUError | null): void => {
      if (error && !this.#failures.has(buffer)) this.#refused(buffer, error.message);
    };
    // Heard at once, before what the device says of launches that use the buffer. A lost device says nothing: that error speaks for itself.
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
    if (this.#given.has(buffer)) this.#forget(buffer);
    this.#onFailure(error);
  }

  /** Has the device not said yet whether it has the memory? */
  isNew(buffer: GPUBuffer): boolean {
    return this.#new.has(buffer) || this.#failures.has(buffer);
  }

  /** Why there is no memory behind a buffer. */
  failureOf(buffer: GPUBuffer): OutOfMemoryError | undefined {
    return this.#failures.get(buffer);
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
      this.#given.delete(buffer);
      this.#cached -= buffer.size;
      return buffer;
    }
    return undefined;
  }

  /** Gives a buffer back. Work already submitted or encoded with it stays valid: the queue runs in order. */
  give(buffer: GPUBuffer): void {
    this.#live -= buffer.size;
    if (this.#live < 0) throw new VisageError('buffer pool: a buffer was given back twice');
    if (this.#failures.has(buffer)) return;
    this.#cached += buffer.size;
    this.#given.add(buffer);
    const list = this.#free.get(buffer.size);
    if (list) list.push(buffer);
    else this.#free.set(buffer.size, [buffer]);
  }

  /** Takes a free buffer out of the lists. */
  #forget(buffer: GPUBuffer): void {
    const list = this.#free.get(buffer.size) ?? [];
    list.splice(list.indexOf(buffer), 1);
    this.#given.delete(buffer);
    this.#cached -= buffer.size;
  }

  /**
   * Destroys the buffers that were free for longest, as far as more is held than {@link SPARE} and {@link SPARE_FACTOR} allow. Call it after a flush.
   *
   * Work that repeats takes the same buffers again, so what it leaves is kept; pictures of ever other sizes would leave a buffer behind in each class.
   */
  shrink(): void {
    const most = SPARE + SPARE_FACTOR * this.#mostLive;
    for (const buffer of this.#given) {
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
    this.#given.clear();
    this.#cached = 0;
    this.#mostLive = this.#live;
  }

  /** Lets the peak begin anew at what is held now. */
  resetPeak(): void {
    this.#peak = this.#live + this.#cached;
  }

  get use(): MemoryUse {
    return { live: this.#live, cached: this.#cached, peak: this.#peak };
  }
}
