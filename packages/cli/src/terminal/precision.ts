import { currentGpu } from '@visage/gpu';
import { type Precision, precisions } from '@visage/simswap';
import { halfPrecision } from '@visage/tensor';
import { Option } from 'commander';

/** `--precision`. */
export const precisionOption = (): Option =>
  new Option(
    '--precision <how>',
    'f32 throughout, or mixed: f16 activations and products, all else f32 (default: f32)',
  ).choices(precisions);

/** Says once that mixed precision was asked for in vain: the adapter has no f16, and everything runs in f32. */
export function warnOfPrecision(precision: Precision | undefined): void {
  const possible = precision === 'mixed' ? halfPrecision(currentGpu()) : true;
  if (possible !== true) console.warn(`warning: ${possible}`);
}

/**
 * Those of the wanted precisions that are different here, each once: without f16 on the adapter all are f32, and a
 * warning says so.
 */
export function computedPrecisions(wanted: readonly Precision[]): readonly Precision[] {
  if (!wanted.includes('mixed') || halfPrecision(currentGpu()) === true) return [...new Set(wanted)];
  warnOfPrecision('mixed');
  return ['f32'];
}
