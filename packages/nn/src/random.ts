/** High 32 bits of the product of two u32, which a double cannot hold whole. */
function multiplyHigh(a: number, b: number): number {
  const [aLow, aHigh, bLow, bHigh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const cross = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + (middle >>> 16) + (cross >>> 16)) >>> 0;
}

/**
 * Philox 4×32 with 10 rounds: four random u32 from a counter and a key, written over `block` (which holds the counter).
 *
 * Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (SC 2011).
 */
export function philox(block: Uint32Array, key0: number, key1: number): void {
  let [a, b, c, d] = block as unknown as [number, number, number, number];
  let [k0, k1] = [key0 >>> 0, key1 >>> 0];
  for (let round = 0; round < 10; round++) {
    const [high0, low0] = [multiplyHigh(0xd2511f53, a), Math.imul(0xd2511f53, a) >>> 0];
    const [high1, low1] = [multiplyHigh(0xcd9e8d57, c), Math.imul(0xcd9e8d57, c) >>> 0];
    [a, b, c, d] = [(high1 ^ b ^ k0) >>> 0, low1, (high0 ^ d ^ k1) >>> 0, low0];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  block.set([a, b, c, d]);
}

/**
 * Random numbers on the host, by counter: number i of draw k depends on (seed, k, i) alone, so the same seed gives the same bits on
 * every machine.
 */
export class HostRandom {
  readonly seed: number;
  /** Draws made so far. Set it to continue an interrupted sequence. */
  draws = 0;

  /** @param seed an integer from 0 to 2⁵³ − 1. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0)
      throw new RangeError(`HostRandom: seed is ${seed}, expected an integer from 0 to 2^53 - 1`);
    this.seed = seed;
  }

  /** `count` random u32. */
  bits(count: number): Uint32Array {
    const draw = this.draws++;
    const out = new Uint32Array(count);
    const block = new Uint32Array(4);
    for (let at = 0; at < count; at += 4) {
      block[0] = at / 4;
      block[1] = draw;
      block[2] = block[3] = 0;
      philox(block, this.seed % 2 ** 32, Math.floor(this.seed / 2 ** 32));
      out.set(at + 4 <= count ? block : block.subarray(0, count - at), at);
    }
    return out;
  }

  /** `count` values, uniform in [low, high), from 24 random bits each. */
  uniform(count: number, low = 0, high = 1): Float32Array {
    return Float32Array.from(this.bits(count), (word) => low + (high - low) * ((word >>> 8) / 2 ** 24));
  }

  /** `count` values of the normal distribution, by Box and Muller's transform. */
  normal(count: number, mean = 0, std = 1): Float32Array {
    const bits = this.bits(count + (count % 2));
    const out = new Float32Array(count);
    for (let k = 0; k < count; k += 2) {
      const radius = std * Math.sqrt(-2 * Math.log(((bits[k] as number) + 1) / 2 ** 32));
      const angle = (2 * Math.PI * (bits[k + 1] as number)) / 2 ** 32;
      out[k] = mean + radius * Math.cos(angle);
      if (k + 1 < count) out[k + 1] = mean + radius * Math.sin(angle);
    }
    return out;
  }
}
