/** @file Memory planning: where in a piece of device memory the buffers of a recorded step lie. */
import type { GpuBuffer } from './buffer.ts';

/** The commands of a step between which a buffer is in use. */
export interface Lifetime {
  /** The first and the last command that use the buffer, both included. */
  readonly first: number;
  readonly last: number;
  /**
   * Buffers that must lie in other device memory: one command binds both and writes to one of them, and WebGPU allows
   * that only for different `GPUBuffer`s.
   */
  readonly conflicts: ReadonlySet<GpuBuffer>;
}

/** Where the bytes of a buffer are. */
export interface Placement {
  readonly memory: GPUBuffer;
  /** Bytes before the first one. */
  readonly offset: number;
}

interface Placed {
  readonly buffer: GpuBuffer;
  readonly lifetime: Lifetime;
  readonly begin: number;
  /** The first byte past the buffer at which a binding may begin. */
  readonly end: number;
}

/** A piece of device memory that is being filled with the buffers of one step. */
export class Arena {
  readonly #memory: GPUBuffer;
  readonly #alignment: number;
  /** Sorted by `begin`. */
  readonly #placed: Placed[] = [];

  constructor(memory: GPUBuffer, alignment: number) {
    this.#memory = memory;
    this.#alignment = alignment;
  }

  /**
   * Places a buffer into the smallest gap that is free during its whole lifetime (best fit).
   *
   * @returns `undefined` if there is no such gap, or if a buffer lies here that conflicts with it.
   */
  place(buffer: GpuBuffer, lifetime: Lifetime): Placement | undefined {
    let offset: number | undefined;
    let smallest = Number.POSITIVE_INFINITY;
    let gapBegin = 0;
    const consider = (gapEnd: number): void => {
      const gap = gapEnd - gapBegin;
      if (gap < buffer.bytes || gap >= smallest) return;
      offset = gapBegin;
      smallest = gap;
    };
    for (const other of this.#placed) {
      if (lifetime.conflicts.has(other.buffer)) return undefined;
      if (other.lifetime.last < lifetime.first || lifetime.last < other.lifetime.first) continue;
      consider(other.begin);
      gapBegin = Math.max(gapBegin, other.end);
    }
    consider(this.#memory.size);
    if (offset === undefined) return undefined;
    this.#insert(buffer, lifetime, offset);
    return { memory: this.#memory, offset };
  }

  #insert(buffer: GpuBuffer, lifetime: Lifetime, begin: number): void {
    const end = begin + Math.ceil(buffer.bytes / this.#alignment) * this.#alignment;
    const next = this.#placed.findIndex((other) => other.begin > begin);
    this.#placed.splice(next < 0 ? this.#placed.length : next, 0, { buffer, lifetime, begin, end });
  }
}
