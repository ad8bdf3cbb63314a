import { ArgumentError, showValue } from '@visage/gpu';
import { philox, uniformRange } from '@visage/tensor/kernels';

export { philox };

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
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new ArgumentError('HostRandom', 'seed', showValue(seed), 'an integer from 0 to 2^53 - 1');
    }
    this.seed = seed;
  }

  /** `count` random u32. */
  bits(count: number): Uint32Array {
    const words = new Uint32Array(Math.ceil(count / 4) * 4);
    const counter = new Uint32Array([0, this.draws++, 0, 0]);
    const key = new Uint32Array([this.seed % 2 ** 32, Math.floor(this.seed / 2 ** 32)]);
    for (let at = 0; at < words.length; at += 4) {
      counter[0] = at / 4;
      philox(counter, key, words, at);
    }
    return words.subarray(0, count);
  }

  /** `count` values, uniform in [low, high), from 24 random bits each. */
  uniform(count: number, low = 0, high = 1): Float32Array {
    const { extent, last } = uniformRange('HostRandom.uniform', low, high);
    const bits = this.bits(count);
    const out = new Float32Array(count);
    const step = extent / 2 ** 24;
    for (let k = 0; k < count; k++) out[k] = Math.min(low + step * ((bits[k] as number) >>> 8), last);
    return out;
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
