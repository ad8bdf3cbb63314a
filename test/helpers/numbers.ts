/** Deterministic values in [-1, 1). */
export function noise(count: number, seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** ‖got − expected‖ / ‖expected‖. */
export function relativeError(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  for (let k = 0; k < expected.length; k++) {
    difference += ((expected[k] as number) - (got[k] as number)) ** 2;
    norm += (expected[k] as number) ** 2;
  }
  return Math.sqrt(difference / norm);
}
