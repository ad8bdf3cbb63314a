/**
 * @file The settings of the `autocast` that encloses the current call, in a file without ops, because the autograd
 * engine reads them.
 */
import type { GpuBuffer } from '@visage/gpu';
import type { FloatType } from './storage.ts';
import type { Tensor } from './tensor.ts';

/** An f16 copy, and the version of what it was made from. */
export interface HalfCopy {
  readonly copy: Tensor;
  readonly version: number;
}

/** The casts of one `autocast`. */
export interface Casting {
  /** In what type products compute. */
  readonly type: FloatType;
  /**
   * f16 copies of tensors without history, by their buffers, made when they are first needed. Tensors packed into one
   * buffer are copied all at once.
   */
  readonly copies: Map<GpuBuffer, HalfCopy>;
}

let current: Casting | undefined;

export const castingNow = (): Casting | undefined => current;

/** Runs `fn` with the given casts in force. */
export function withCasting<T>(casting: Casting | undefined, fn: () => T): T {
  const before = current;
  current = casting;
  try {
    return fn();
  } finally {
    current = before;
  }
}

/** For the gradient of an op: nothing is cast anew, but products find the copies that the forward pass made. */
export const onlyCopies = (casting: Casting | undefined): Casting | undefined => casting && { ...casting, type: 'f32' };
