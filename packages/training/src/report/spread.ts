/** The mean and spread of a figure over several runs that differ only in their seed. */
export interface Spread {
  readonly mean: number;
  /**
   * Sample standard deviation √(Σ(x − mean)² / (n − 1)); `undefined` for a single run, from which it cannot be
   * estimated.
   */
  readonly deviation: number | undefined;
}

/** Computes the mean and the sample standard deviation of the same figure over several runs. */
export function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  if (values.length < 2) return { mean, deviation: undefined };
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}

/** Formats a figure as `12.3 ± 0.4`, followed by its unit; the spread is left out where it is unknown. */
export function withSpread({ mean, deviation }: Spread, format: (value: number) => string, unit = ''): string {
  const spread = deviation === undefined || Number.isNaN(deviation) ? '' : ` ± ${format(deviation)}`;
  return `${format(mean)}${spread}${unit}`;
}
