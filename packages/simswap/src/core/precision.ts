import { autocast } from '@visage/tensor';

/**
 * How a training or a swap computes: in f32 throughout, or `mixed`, with f16 activations and products and everything
 * else (sums, statistics, losses, parameters, optimizers) in f32. On a device without f16 `mixed` computes in f32.
 */
export type Precision = 'f32' | 'mixed';

export const precisions: readonly Precision[] = ['f32', 'mixed'];

/**
 * Runs `fn` in a precision, and returns what it returns.
 *
 * @param precision `f32` and `mixed` override the `autocast` that surrounds the call; `undefined` leaves it as it is.
 */
export const inPrecision = <T>(precision: Precision | undefined, fn: () => T): T =>
  precision === undefined ? fn() : autocast(precision === 'mixed' ? 'f16' : 'f32', fn);
