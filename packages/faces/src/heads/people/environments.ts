/**
 * @file Irradiance of the environment maps as polynomials of the surface normal, from their first nine spherical
 * harmonics (Ramamoorthi and Hanrahan 2001).
 *
 *   E(n) / π = s0 + s1 y + s2 z + s3 x + s4 xy + s5 yz + s6 (3z² − 1) + s7 xz + s8 (x² − y²)
 */
import type { TextureLayers } from '../asset/headAsset.ts';

/** Radiance of a byte of an environment map. */
const radiance: readonly number[] = Array.from(
  { length: 256 },
  (_, byte) => 0.01 * (2 ** ((byte / 255) * Math.log2(1 + 40 / 0.01)) - 1),
);

/** Convolution with the cosine, and the constant of the basis function once more. */
const factors = [0.282095, 0.488603, 0.488603, 0.488603, 1.092548, 1.092548, 0.315392, 1.092548, 0.546274];
const bands = [1, 2 / 3, 2 / 3, 2 / 3, 0.25, 0.25, 0.25, 0.25, 0.25];

/** The terms of the polynomial at a direction. */
export function irradianceTerms([x, y, z]: readonly [number, number, number]): number[] {
  return [1, y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y];
}

/** Coefficients of one layer: nine vectors (r, g, b, 0). Column u = 1/2 looks to −z, row 0 to +y. */
function layerIrradiance({ height, width, channels, bytes }: TextureLayers, layer: number): number[] {
  const sums = new Float64Array(36);
  for (let row = 0; row < height; row++) {
    const polar = ((row + 0.5) / height) * Math.PI;
    const area = ((Math.sin(polar) * Math.PI) / height) * ((2 * Math.PI) / width);
    for (let column = 0; column < width; column++) {
      const around = ((column + 0.5) / width - 0.5) * 2 * Math.PI;
      const direction = [
        Math.sin(polar) * Math.sin(around),
        Math.cos(polar),
        -Math.sin(polar) * Math.cos(around),
      ] as const;
      const at = ((layer * height + row) * width + column) * channels;
      const terms = irradianceTerms(direction);
      for (let n = 0; n < 9; n++) {
        const w = (terms[n] as number) * area;
        for (let c = 0; c < 3; c++) sums[4 * n + c]! += w * (radiance[bytes[at + c] as number] as number);
      }
    }
  }
  return Array.from(sums, (sum, k) => {
    const n = k >> 2;
    return sum * (bands[n] as number) * (factors[n] as number) ** 2;
  });
}

/** Irradiance of every environment of an asset: [layers, 9] vectors. */
export function environmentTable(environments: TextureLayers): Float32Array {
  const layers = environments.names.map((_, layer) => layerIrradiance(environments, layer));
  return new Float32Array(layers.flat());
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
