/**
 * @file Philox4x32-10 on the host, the same bits as kernels/faces/rng.wgsl: four random words from a counter, with no state.
 * (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.)
 */

type Words = [number, number, number, number];

/** High word of a 32 x 32 bit product, from 16-bit halves so that no step leaves the exact integers of a double. */
function multiplyHigh(a: number, b: number): number {
  const [aLow, aHigh, bLow, bHigh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const cross = aHigh * bLow + ((aLow * bLow) >>> 16);
  const crossLow = aLow * bHigh + (cross % 0x10000);
  return (aHigh * bHigh + Math.floor(cross / 0x10000) + Math.floor(crossLow / 0x10000)) >>> 0;
}

/** Four random u32 from a counter of four u32 and a key of two. */
export function philox(counter: Readonly<Words>, key: readonly [number, number]): Words {
  let [x0, x1, x2, x3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, x0);
    const low0 = Math.imul(0xd2511f53, x0) >>> 0;
    const high1 = multiplyHigh(0xcd9e8d57, x2);
    const low1 = Math.imul(0xcd9e8d57, x2) >>> 0;
    [x0, x1, x2, x3] = [(high1 ^ x1 ^ k0) >>> 0, low1, (high0 ^ x3 ^ k1) >>> 0, low0];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [x0, x1, x2, x3];
}

/** A word to a number in [0, 1): its upper 24 bits, all of which an f32 holds. */
export const unitFloat = (word: number): number => (word >>> 8) / 0x1000000;
