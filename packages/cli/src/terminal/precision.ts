import { currentGpu } from '@visage/gpu';
import { type Precision, precisions } from '@visage/simswap';
import { halfPrecision } from '@visage/tensor';
import { Option } from 'commander';

/** The option `--precision`. */
export const precisionOption = (): Option =>
  new Option(
    '--precision <how>',
    'f32 throughout, or mixed: f16 activations and products, all else f32 (default: f32)',
  ).choices(precisions);

/** Prints a warning if mixed precision was asked for and the adapter has no f16, so that everything runs in f32. */
export function warnOfPrecision(precision: Precision | undefined): void {
  const possible = precision === 'mixed' ? halfPrecision(currentGpu()) : true;
  if (possible !== true) console.warn(`warning: ${possible}`);
}

/**
 * Removes the wanted precisions that compute the same as another on this adapter. Without f16 every precision is f32;
 * if mixed precision was wanted, a warning says so.
 */
export function computedPrecisions(wanted: readonly Precision[]): readonly Precision[] {
  if (!wanted.includes('mixed') || halfPrecision(currentGpu()) === true) return [...new Set(wanted)];
  warnOfPrecision('mixed');
  return ['f32'];
}
