/**
 * @file Numbers that PyTorch's side of a golden file computes too, so that no file has to carry them: see `hashed` of
 * test/golden/networks.py.
 */

/** Numbers in [0, 1) that both sides compute: the 24 upper bits of a mixed counter (MurmurHash3's finaliser). */
export function hashed(seed: number, count: number): Float32Array {
  const start = Math.imul(seed, 0x9e3779b9) >>> 0;
  return Float32Array.from({ length: count }, (_, k) => {
    let x = (k + start) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return ((x ^ (x >>> 16)) >>> 8) / 2 ** 24;
  });
}
