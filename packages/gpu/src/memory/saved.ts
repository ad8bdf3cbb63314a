/** @file Gradients must not read what was overwritten after the op that they belong to: who may read what while one is computed. */

import { nextMoment } from '../core/moments.ts';
import type { GpuBuffer } from './buffer.ts';

/** What the gradient of an op has to know of the op. */
export interface SavedBy {
  /** When the op ran, by {@link nextMoment}. */
  readonly ran: number;
  /** The gradient of the op's result. It is not one of the op's values, so it may be older than the op and have changed. */
  readonly given: GpuBuffer;
  /** Makes the error for a buffer that the op had in front of it and that was overwritten since. */
  readonly refuse: (buffer: GpuBuffer) => Error;
}

/** A buffer from outside that a traced gradient reads, and the op that had it in front of it. */
export interface Pinned {
  readonly buffer: GpuBuffer;
  readonly by: SavedBy;
}

/** Who knows when buffers changed. */
interface Versions {
  versionOf(buffer: GpuBuffer): number;
}

/**
 * The gradient of an op while it is computed, inside of others if the op is part of a composition.
 *
 * No list of saved tensors is kept, so none can be incomplete: a buffer that is older than the op is one that the op may have read or written, and what
 * the gradient reads of those must not have changed between the op and the beginning of its gradient. Younger buffers are the gradient's own, and what
 * it changes itself, as recomputed running statistics, it may read.
 */
export class GradientInProgress {
  readonly #by: SavedBy;
  readonly #outer: GradientInProgress | undefined;
  readonly #began = nextMoment();

  constructor(by: SavedBy, outer: GradientInProgress | undefined) {
    this.#by = by;
    this.#outer = outer;
  }

  /** Was the buffer there when the op ran, and is it not the gradient that the op was given? */
  isSaved(buffer: GpuBuffer): boolean {
    return buffer.id < this.#by.ran && buffer !== this.#by.given;
  }

  /**
   * Throws if an op saw the buffer with another content.
   *
   * @param gpu knows the moment of a buffer's latest change.
   */
  check(buffer: GpuBuffer, gpu: Versions): void {
    this.#outer?.check(buffer, gpu); // the op that the user called is the one to name
    if (buffer === this.#by.given) return;
    if (buffer.isAlone) this.#check(buffer, gpu);
    else for (const part of buffer.contents) this.#check(part, gpu);
  }

  #check(buffer: GpuBuffer, gpu: Versions): void {
    if (!this.isSaved(buffer)) return;
    const changed = gpu.versionOf(buffer);
    if (changed > this.#by.ran && changed < this.#began) throw this.#by.refuse(buffer);
  }

  /** The reads of a buffer that must find it unchanged also when the gradient is replayed: those for ops from before `moment`. */
  pins(buffer: GpuBuffer, moment: number): Pinned[] {
    const outer = this.#outer?.pins(buffer, moment) ?? [];
    if (this.#by.ran > moment || buffer === this.#by.given) return outer;
    const own = buffer.contents.filter((part) => this.isSaved(part));
    return [...outer, ...own.map((part) => ({ buffer: part, by: this.#by }))];
  }
}
