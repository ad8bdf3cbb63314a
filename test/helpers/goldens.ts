/** @file How far a tensor is from its reference: the measure of golden files. */

/** |ours − reference| / max(|reference|, floor), Frobenius norms. */
export function relativeError(ours: Float32Array, reference: ArrayLike<number>, floor = 0): number {
  let [difference, size] = [0, 0];
  ours.forEach((value, k) => {
    const expected = reference[k] as number;
    difference += (value - expected) ** 2;
    size += expected ** 2;
  });
  return Math.sqrt(difference) / Math.max(Math.sqrt(size), floor, 1e-30);
}
