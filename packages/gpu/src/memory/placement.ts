import type { GpuBuffer } from './buffer.ts';

/** When a step uses a buffer, and beside what. */
export interface Lifetime {
  /** From which of its commands to which, both included. */
  readonly first: number;
  readonly last: number;
  /** Buffers that must lie in other device buffers: a command binds both and writes to one, which WebGPU allows for different device buffers only. */
  readonly apart: ReadonlySet<GpuBuffer>;
}

/** Where the bytes of a buffer are. */
export interface Place {
  readonly memory: GPUBuffer;
  /** Of the first byte. */
  readonly offset: number;
}

interface Placed {
  readonly buffer: GpuBuffer;
  readonly lifetime: Lifetime;
  readonly begin: number;
  /** Where the next binding may begin. */
  readonly end: number;
}

/** A piece of device memory while a step lays its buffers into it. */
export class Filling {
  readonly #memory: GPUBuffer;
  readonly #alignment: number;
  /** In order of their begin. */
  readonly #placed: Placed[] = [];

  constructor(memory: GPUBuffer, alignment: number) {
    this.#memory = memory;
    this.#alignment = alignment;
  }

  /** Lays a buffer into the smallest gap that stays free all its life; `undefined` if there is none, or if a buffer lies here that must be elsewhere. */
  place(buffer: GpuBuffer, lifetime: Lifetime): Place | undefined {
    let offset: number | undefined;
    let smallest = Number.POSITIVE_INFINITY;
    let free = 0; // where the gap at hand begins
    const look = (end: number): void => {
      const gap = end - free;
      if (gap < buffer.bytes || gap >= smallest) return;
      offset = free;
      smallest = gap;
    };
    for (const other of this.#placed) {
      if (lifetime.apart.has(other.buffer)) return undefined;
      if (other.lifetime.last < lifetime.first || lifetime.last < other.lifetime.first) continue;
      look(other.begin);
      free = Math.max(free, other.end);
    }
    look(this.#memory.size);
    if (offset === undefined) return undefined;
    this.#insert(buffer, lifetime, offset);
    return { memory: this.#memory, offset };
  }

  #insert(buffer: GpuBuffer, lifetime: Lifetime, begin: number): void {
    const end = begin + Math.ceil(buffer.bytes / this.#alignment) * this.#alignment;
    const behind = this.#placed.findIndex((other) => other.begin > begin);
    this.#placed.splice(behind < 0 ? this.#placed.length : behind, 0, { buffer, lifetime, begin, end });
  }
}
