const MAP_READ = 0x01;
const MAP_WRITE = 0x02;
const COPY_SRC = 0x04;
const COPY_DST = 0x08;

/** `down`: the host reads what the device wrote. `up`: the device reads what the host wrote. */
export type Direction = 'down' | 'up';

const USAGE: Readonly<Record<Direction, number>> = { down: MAP_READ | COPY_DST, up: MAP_WRITE | COPY_SRC };

const LEAST = 4096; // bytes; smaller requests share one class
const MOST_WASTE = 2; // how many times larger than the request a staging may be

/** Rounds bytes up to a size class: eight classes for each power of two, which waste at most 1/8. */
function sizeClass(bytes: number): number {
  if (bytes <= LEAST) return LEAST;
  const step = 2 ** Math.floor(Math.log2(bytes)) / 8;
  return Math.ceil(bytes / step) * step;
}

/**
 * Stagings of one direction: buffers that the host can map, kept for reuse.
 *
 * A new staging costs more than the transfer through it, because each of its pages is touched for the first time: 256
 * MB come down at 0.83 GB/s through a new one and at 46 GB/s through a kept one (NVIDIA H200, Dawn, 2026-11-29).
 */
export class Stagings {
  readonly #device: GPUDevice;
  readonly #usage: number;
  /** Free stagings, the one that was given back first in front. Those of `up` are mapped. */
  readonly #free: GPUBuffer[] = [];
  #kept = 0;
  #used = 0;
  #closed = false;

  constructor(
    device: GPUDevice,
    direction: Direction,
    /** The most bytes that free stagings and those in use may have together. Those in use alone may have more. */
    readonly most: number,
  ) {
    this.#device = device;
    this.#usage = USAGE[direction];
  }

  /** Bytes in free stagings. */
  get kept(): number {
    return this.#kept;
  }

  /** Bytes in stagings that were taken and not given back. */
  get used(): number {
    return this.#used;
  }

  /** Takes the smallest free staging of at least `bytes` bytes that wastes little. */
  take(bytes: number): GPUBuffer | undefined {
    const largest = MOST_WASTE * sizeClass(bytes);
    let best: GPUBuffer | undefined;
    for (const staging of this.#free)
      if (staging.size >= bytes && staging.size <= largest && staging.size < (best?.size ?? Number.POSITIVE_INFINITY))
        best = staging;
    if (!best) return undefined;
    this.#forget(best);
    this.#used += best.size;
    return best;
  }

  /** Creates a staging of at least `bytes` bytes, in use. Free ones are destroyed as far as the bound demands it. */
  make(bytes: number, mappedAtCreation = false): GPUBuffer {
    const size = Math.min(sizeClass(bytes), this.#device.limits.maxBufferSize);
    this.#shrink(size);
    const staging = this.#device.createBuffer({ size, usage: this.#usage, mappedAtCreation });
    this.#used += size;
    return staging;
  }

  /** Takes a staging back: to be kept if the bound allows it. */
  give(staging: GPUBuffer): void {
    this.#used -= staging.size;
    if (this.#closed || this.#used + staging.size > this.most) {
      staging.destroy();
      return;
    }
    this.#shrink(staging.size);
    this.#kept += staging.size;
    this.#free.push(staging);
  }

  /** Takes a staging back that cannot be used any more. */
  drop(staging: GPUBuffer): void {
    this.#used -= staging.size;
    staging.destroy();
  }

  /** Destroys the free stagings. */
  clear(): void {
    for (const staging of [...this.#free]) {
      this.#forget(staging);
      staging.destroy();
    }
  }

  /** Destroys the free stagings, and from now on each that is given back. */
  close(): void {
    this.#closed = true;
    this.clear();
  }

  /** Destroys the oldest free stagings until `more` bytes have room. */
  #shrink(more: number): void {
    while (this.#free[0] && this.#kept + this.#used + more > this.most) {
      const [oldest] = this.#free;
      this.#forget(oldest);
      oldest.destroy();
    }
  }

  #forget(staging: GPUBuffer): void {
    this.#free.splice(this.#free.indexOf(staging), 1);
    this.#kept -= staging.size;
  }
}
