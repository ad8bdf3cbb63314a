import { ArgumentError } from '@visage/gpu';

/** What a uniform distribution over [low, high) is drawn from. */
export interface UniformRange {
  readonly extent: number;
  /** The largest f32 below `high`; `low` if there is none. Draws are bounded by it: low + extent · u may round up to `high`, which is not in the interval. */
  readonly last: number;
}

/** @throws ArgumentError unless low ≤ high and their difference is finite in f32. */
export function uniformRange(op: string, low: number, high: number): UniformRange {
  const extent = high - low;
  if (!(extent >= 0 && Number.isFinite(Math.fround(extent))))
    throw new ArgumentError(
      op,
      'low and high',
      `${low} and ${high}`,
      'two numbers with low ≤ high and a finite difference',
    );
  return { extent, last: Math.max(Math.fround(low), nextBelow(Math.fround(high))) };
}

/** The largest f32 below an f32. */
function nextBelow(value: number): number {
  const float = Float32Array.of(value);
  const word = new Int32Array(float.buffer);
  if (value === 0) return -(2 ** -126); // GPUs take what is smaller for 0
  word[0] = (word[0] as number) + (value > 0 ? -1 : 1);
  return float[0] as number;
}
