/**
 * @file Irradiance of the environment maps as polynomials of the surface normal (Ramamoorthi and Hanrahan 2001), and
 * how they turn.
 *
 *   E(n) / π = s0 + s1 y + s2 z + s3 x + s4 xy + s5 yz + s6 (3z² − 1) + s7 xz + s8 (x² − y²)
 */
import type { HeadAsset } from '../asset/headAsset.ts';

/** The terms of the polynomial at a direction. */
export function irradianceTerms([x, y, z]: readonly [number, number, number]): number[] {
  return [1, y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y];
}

/** Irradiance of every environment of an asset: [layers, 9] vectors (r, g, b, 0). */
export function environmentTable({ irradiance }: HeadAsset['textures']): Float32Array {
  const table = new Float32Array((irradiance.length / 3) * 4);
  irradiance.forEach((value, k) => {
    table[4 * Math.floor(k / 3) + (k % 3)] = value;
  });
  return table;
}

type Vector = readonly [number, number, number];

/**
 * The polynomial of an environment that is turned about y by `turn`: a direction e of the map points to (cos e.x − sin
 * e.z, e.y, sin e.x + cos e.z). Bands above the constant are scaled by `contrast`.
 */
export function turnedIrradiance(table: Float32Array, layer: number, turn: number, contrast: number): Vector[] {
  const at = layer * 36;
  /** The sum of w · s[n] over pairs w, n. */
  const mix = (...pairs: number[]): Vector => {
    const sums: [number, number, number] = [0, 0, 0];
    for (let k = 0; k < pairs.length; k += 2)
      for (let c = 0; c < 3; c++) {
        sums[c]! += (pairs[k] as number) * (table[at + 4 * (pairs[k + 1] as number) + c] as number);
      }
    return sums;
  };
  const [c, d, k] = [Math.cos(turn), Math.sin(turn), contrast];
  // The matrix of the second band: xx = s8 − s6, yy = −s6 − s8, zz = 2 s6, xy = s4 / 2, yz = s5 / 2, xz = s7 / 2.
  return [
    mix(1, 0),
    mix(k, 1),
    mix(k * c, 2, k * d, 3),
    mix(k * c, 3, -k * d, 2),
    mix(k * c, 4, -k * d, 5),
    mix(k * c, 5, k * d, 4),
    mix((k * d * d) / 2, 8, k * (c * c - (d * d) / 2), 6, (k * c * d) / 2, 7),
    mix(2 * k * c * d, 8, -6 * k * c * d, 6, k * (c * c - d * d), 7),
    mix((k * (c * c + 1)) / 2, 8, (k * (1 - c * c + 2 * d * d)) / 2, 6, (-k * c * d) / 2, 7),
  ];
}
