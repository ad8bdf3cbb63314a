/** High 32 bits of the product of two u32, which a double cannot hold whole. */
function productHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const cross = aLow * bHigh + (middle & 0xffff);
  return aHigh * bHigh + (middle >>> 16) + (cross >>> 16);
}

/**
 * Philox4x32-10 on the host: four random u32 from a 128-bit counter and a 64-bit key, written to `out` from index `at`
 * on.
 *
 * The same bits as kernels/random/philox.wgsl. Salmon et al., SC 2011.
 */
export function philox(counter: ArrayLike<number>, key: ArrayLike<number>, out: Uint32Array, at = 0): void {
  // Signed 32-bit words throughout: JavaScript engines keep those in registers, unsigned ones would become doubles.
  let [a, b, c, d] = [counter[0] as number, counter[1] as number, counter[2] as number, counter[3] as number];
  let [key0, key1] = [key[0] as number, key[1] as number];
  for (let round = 0; round < 10; round++) {
    const high0 = productHigh(0xd2511f53, a) ^ d ^ key1;
    const high1 = productHigh(0xcd9e8d57, c) ^ b ^ key0;
    b = Math.imul(0xcd9e8d57, c);
    d = Math.imul(0xd2511f53, a);
    a = high1;
    c = high0;
    key0 = (key0 + 0x9e3779b9) | 0;
    key1 = (key1 + 0xbb67ae85) | 0;
  }
  out[at] = a;
  out[at + 1] = b;
  out[at + 2] = c;
  out[at + 3] = d;
}
