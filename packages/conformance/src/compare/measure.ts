/**
 * @file The error measure of the golden files.
 *
 * error = |ours − expected| / max(|expected|, floor) with Frobenius norms, in float64. The floor is 0 for outputs. For
 * gradients it is a thousandth of the case's largest gradient norm, because some gradients are zero in theory, such as
 * that of a bias before a normalisation layer.
 */

/** Euclidean norm of all elements. */
export function norm(x: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i] as number) ** 2;
  return Math.sqrt(sum);
}

/** The relative error of a tensor; infinite when the lengths differ or a value is NaN. */
export function relativeError(ours: ArrayLike<number>, expected: ArrayLike<number>, floor = 0): number {
  if (ours.length !== expected.length) return Number.POSITIVE_INFINITY;
  let sum = 0;
  for (let i = 0; i < ours.length; i++) sum += ((ours[i] as number) - (expected[i] as number)) ** 2;
  const difference = Math.sqrt(sum);
  if (difference === 0) return 0;
  const error = difference / Math.max(norm(expected), floor);
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}

/**
 * The errors of each entry of a log: its absolute difference, and that difference relative to the largest magnitude in
 * its column. The column's magnitude is used because a single loss can be close to zero.
 */
export function entryErrors(
  ours: ArrayLike<number>,
  expected: ArrayLike<number>,
  columns: number,
): { difference: number; relative: number }[] {
  const scales = Array.from({ length: columns }, (_, at) =>
    Math.max(...Array.from(expected, (value, k) => (k % columns === at ? Math.abs(value) : 0))),
  );
  return Array.from(expected, (value, k) => {
    const difference = Math.abs((ours[k] as number) - value);
    if (ours.length !== expected.length || Number.isNaN(difference))
      return { difference: Number.POSITIVE_INFINITY, relative: Number.POSITIVE_INFINITY };
    return { difference, relative: difference === 0 ? 0 : difference / (scales[k % columns] as number) };
  });
}

/** The relative error of each column of a log, with the column as one vector. */
export function columnErrors(ours: ArrayLike<number>, expected: ArrayLike<number>, columns: number): number[] {
  const column = (x: ArrayLike<number>, at: number) => Array.from(x).filter((_, k) => k % columns === at);
  return Array.from({ length: columns }, (_, at) => relativeError(column(ours, at), column(expected, at)));
}

/**
 * Whether two arrays have the same length and the same 32 bits in every element. NaNs with the same bits are equal; 0
 * and −0 are not.
 */
export function sameBits(a: Float32Array, b: Float32Array): boolean {
  const [x, y] = [a, b].map((v) => new Uint32Array(v.buffer, v.byteOffset, v.length)) as [Uint32Array, Uint32Array];
  return x.length === y.length && x.every((bits, i) => bits === y[i]);
}

/**
 * The largest error of a single entry. With `relative` it is divided by |expected| where that exceeds 1.
 *
 * The result is infinite where the lengths differ, or where one value is NaN or infinite and the other is not the same
 * value. With `alike`, NaN and infinities count as equal to each other.
 */
export function farthestEntry(
  ours: ArrayLike<number>,
  expected: ArrayLike<number>,
  { relative, alike }: { readonly relative: boolean; readonly alike: boolean },
): number {
  if (ours.length !== expected.length) return Number.POSITIVE_INFINITY;
  let farthest = 0;
  for (let i = 0; i < ours.length; i++) {
    const [x, y] = [ours[i] as number, expected[i] as number];
    if (Object.is(x, y) || (alike && !Number.isFinite(x) && !Number.isFinite(y))) continue;
    const error = Math.abs(x - y) / (relative ? Math.max(1, Math.abs(y)) : 1);
    farthest = Math.max(farthest, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
  }
  return farthest;
}
