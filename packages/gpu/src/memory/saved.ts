/**
 * @file A gradient must not read a tensor that was overwritten after the op whose gradient it is. While a gradient is
 * computed, every launch is checked for that.
 */

import { DynamicScope } from '../core/dynamicScope.ts';
import { nextMoment } from '../core/moments.ts';
import type { GpuBuffer } from './buffer.ts';

/** What the check of a gradient has to know of the op. */
export interface SavedBy {
  /** When the op ran, by {@link nextMoment}. */
  readonly ran: number;
  /**
   * The gradient with respect to the op's result. It is no value of the op, so it may be older than the op and have
   * changed since.
   */
  readonly given: GpuBuffer;
  /** Makes the error for a buffer that existed when the op ran and was overwritten since. */
  readonly refuse: (buffer: GpuBuffer) => Error;
}

/** A buffer from outside a traced step that a gradient in the step reads for an op from before the step. */
export interface Pinned {
  readonly buffer: GpuBuffer;
  readonly by: SavedBy;
}

/** Knows when buffers last changed; {@link Gpu} does. */
interface Versions {
  versionOf(buffer: GpuBuffer): number;
}

/**
 * The gradient of an op while it is computed. Gradients nest: that of a fused op is computed through those of its
 * composed definition.
 *
 * There is no list of saved tensors, because such a list could be incomplete. Instead, every buffer that is older than
 * the op counts as saved: the op may have read or written it. The gradient may read a saved buffer only if it did not
 * change between the op and the beginning of the gradient. Younger buffers are the gradient's own. What the gradient
 * itself changes, such as running statistics that are computed again, it may read.
 */
class GradientInProgress {
  readonly #by: SavedBy;
  readonly #outer: GradientInProgress | undefined;
  readonly #began = nextMoment();

  constructor(by: SavedBy, outer: GradientInProgress | undefined) {
    this.#by = by;
    this.#outer = outer;
  }

  /** Did the buffer exist when the op ran, and is it not the gradient with respect to the op's result? */
  isSaved(buffer: GpuBuffer): boolean {
    return buffer.id < this.#by.ran && buffer !== this.#by.given;
  }

  /**
   * Checks that the buffer still holds what it held when the op ran, and the ops around it.
   *
   * @throws the error that {@link SavedBy.refuse} makes, if the buffer was overwritten.
   */
  check(buffer: GpuBuffer, gpu: Versions): void {
    this.#outer?.check(buffer, gpu); // first, so that the error names the op that the user called
    if (buffer === this.#by.given) return;
    if (buffer.isAlone) this.#check(buffer, gpu);
    else for (const part of buffer.contents) this.#check(part, gpu);
  }

  #check(buffer: GpuBuffer, gpu: Versions): void {
    if (!this.isSaved(buffer)) return;
    const changed = gpu.versionOf(buffer);
    if (changed > this.#by.ran && changed < this.#began) throw this.#by.refuse(buffer);
  }

  /**
   * For a gradient that is being traced: the reads of `buffer` that must find it unchanged at every replay.
   *
   * @param moment when the tracing began; reads for ops from before it count.
   */
  pins(buffer: GpuBuffer, moment: number): Pinned[] {
    const outer = this.#outer?.pins(buffer, moment) ?? [];
    if (this.#by.ran > moment || buffer === this.#by.given) return outer;
    const own = buffer.contents.filter((part) => this.isSaved(part));
    return [...outer, ...own.map((part) => ({ buffer: part, by: this.#by }))];
  }
}

/** Where the reads of a traced gradient are noted; {@link Trace} is one. */
interface PinningTrace {
  readonly began: number;
  readonly pinned: Pinned[];
}

/** The check of a device that the gradient which is computed now, if any, reads nothing that was overwritten. */
export class GradientGuard {
  readonly #current = new DynamicScope<GradientInProgress | undefined>(undefined);
  readonly #versions: Versions;

  /** @param versions knows when buffers last changed. */
  constructor(versions: Versions) {
    this.#versions = versions;
  }

  /** Is the gradient of an op being computed? */
  get isActive(): boolean {
    return this.#current.value !== undefined;
  }

  /**
   * Runs `fn`, which computes the gradient of `op` and must not be async. Inside it {@link GradientGuard.check} refuses
   * what was overwritten.
   */
  during<T>(op: SavedBy, fn: () => T): T {
    return this.#current.run('grad', new GradientInProgress(op, this.#current.value), fn);
  }

  /** Runs `fn`, which must not be async, with the check switched off. */
  without<T>(fn: () => T): T {
    return this.#current.run('grad', undefined, fn);
  }

  /** Is a gradient being computed, and did the buffer exist when its op ran? */
  isSaved(buffer: GpuBuffer): boolean {
    return this.#current.value?.isSaved(buffer) === true;
  }

  /**
   * Checks that the gradient which is being computed may read a buffer. In a traced step the read is noted, so that
   * every run checks it again.
   *
   * @throws the error that {@link SavedBy.refuse} makes, if the buffer was overwritten since the op ran.
   */
  check(buffer: GpuBuffer, trace: PinningTrace | undefined): void {
    const gradient = this.#current.value;
    if (!gradient) return;
    gradient.check(buffer, this.#versions);
    if (trace) trace.pinned.push(...gradient.pins(buffer, trace.began));
  }
}
