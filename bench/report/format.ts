/** A rate of arithmetic with a unit that suits it. */
export const arithmeticRate = (gflops: number): string =>
  gflops >= 1000 ? `${significant(gflops / 1000)} TFLOP/s` : `${significant(gflops)} GFLOP/s`;

/** A rate of memory with a unit that suits it. */
export const memoryRate = (gbps: number): string =>
  gbps >= 1000 ? `${significant(gbps / 1000)} TB/s` : `${significant(gbps)} GB/s`;

/** Three significant digits, without an exponent. */
export function significant(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(6, digits));
}

export const percent = (share: number): string => `${Math.round(100 * share)} %`;
