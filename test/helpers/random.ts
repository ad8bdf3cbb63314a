/** Seeded random numbers on the host, independent of the engine's own. */
export interface HostRandom {
  /** In [0, 1). */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** `n` standard normal f32 numbers, scaled and shifted. */
  normals(n: number, scale?: number, shift?: number): Float32Array;
}

/** Mulberry32: a 32-bit counter through two multiply-xorshift rounds; plenty for test inputs. */
export function hostRandom(seed: number): HostRandom {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return {
    uniform,
    normal,
    normals: (n, scale = 1, shift = 0) => Float32Array.from({ length: n }, () => normal() * scale + shift),
  };
}
