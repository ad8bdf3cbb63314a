/**
 * @file Pseudo-random numbers that the Python side of the golden files computes in the same way, so that files need not
 * store them: see `hashed` in test/golden/networks.py.
 */

/** Pseudo-random numbers in [0, 1): the upper 24 bits of a counter that is mixed by MurmurHash3's finaliser. */
export function hashed(seed: number, count: number): Float32Array {
  const start = Math.imul(seed, 0x9e3779b9) >>> 0;
  return Float32Array.from({ length: count }, (_, k) => {
    let x = (k + start) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return ((x ^ (x >>> 16)) >>> 8) / 2 ** 24;
  });
}
