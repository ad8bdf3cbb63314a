/** A figure over several runs that differ in their seed alone. */
export interface Spread {
  readonly mean: number;
  /**
   * Standard deviation of a run, √(Σ(x − mean)² / (n − 1)); `undefined` for a single run, which tells nothing of it.
   */
  readonly deviation: number | undefined;
}

/** Mean and spread of the same figure of several runs. */
export function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  if (values.length < 2) return { mean, deviation: undefined };
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}

/** `12.3 ± 0.4`, with a unit behind it; without the spread where there is none. */
export function withSpread({ mean, deviation }: Spread, format: (value: number) => string, unit = ''): string {
  const spread = deviation === undefined || Number.isNaN(deviation) ? '' : ` ± ${format(deviation)}`;
  return `${format(mean)}${spread}${unit}`;
}
