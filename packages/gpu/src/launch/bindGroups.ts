import type { Command } from './commands.ts';
import type { Bound, Trials } from './trials.ts';

/**
 * Caches bind groups by pipeline, device buffers, offsets and sizes.
 *
 * To make a bind group takes about 10 µs on the host, to find it here less than 1 µs. The pool hands out the same few
 * buffers again and again, so an eager loop finds most of its bind groups here. Recorded steps have bind groups of
 * their own.
 */
export class BindGroupCache {
  #groups = new Map<string, Bound>();
  #ids = new WeakMap<GPUBuffer, number>();
  #nextId = 0;
  #trials: Trials;
  readonly capacity: number;

  constructor(trials: Trials, capacity = 8192) {
    this.#trials = trials;
    this.capacity = capacity;
  }

  /** The bind group of a command whose buffers have memory. */
  get(command: Command): Bound {
    let key = String(command.pipeline.id);
    for (const buffer of command.buffers)
      key += `|${this.#id(buffer.resource as GPUBuffer)}:${buffer.offset}:${buffer.bytes}`;
    let bound = this.#groups.get(key);
    if (!bound) {
      if (this.#groups.size >= this.capacity) this.#groups.clear();
      bound = this.#trials.bound(command);
      this.#groups.set(key, bound);
    }
    return bound;
  }

  /** Empties the cache, because buffers are destroyed. */
  clear(): void {
    this.#groups.clear();
  }

  #id(buffer: GPUBuffer): number {
    let id = this.#ids.get(buffer);
    if (id === undefined) {
      id = this.#nextId++;
      this.#ids.set(buffer, id);
    }
    return id;
  }
}
