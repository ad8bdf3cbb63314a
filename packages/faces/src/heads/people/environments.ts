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
  const s = (n: number): Vector => {
    const at = (layer * 9 + n) * 4;
    return [table[at] as number, table[at + 1] as number, table[at + 2] as number];
  };
  const mix = (...terms: readonly (readonly [number, number])[]): Vector =>
    [0, 1, 2].map((c) => terms.reduce((sum, [w, n]) => sum + w * (s(n)[c] as number), 0)) as unknown as Vector;
  const [c, d] = [Math.cos(turn), Math.sin(turn)];
  const k = contrast;
  // The symmetric matrix of the second band: xx = s8 − s6, yy = −s6 − s8, zz = 2 s6, xy = s4 / 2, yz = s5 / 2, xz = s7 / 2.
  const zz: readonly (readonly [number, number])[] = [
    [d * d, 8],
    [2 * c * c - d * d, 6],
    [c * d, 7],
  ];
  const half = zz.map(([w, n]) => [(w * k) / 2, n] as const);
  const scaled = (terms: readonly (readonly [number, number])[]) => mix(...terms.map(([w, n]) => [w * k, n] as const));
  return [
    s(0),
    scaled([[1, 1]]),
    scaled([
      [c, 2],
      [d, 3],
    ]),
    scaled([
      [c, 3],
      [-d, 2],
    ]),
    scaled([
      [c, 4],
      [-d, 5],
    ]),
    scaled([
      [c, 5],
      [d, 4],
    ]),
    mix(...half),
    // xz: (c x − d z)(d x + c z) → 2 cd (xx − zz) / 2 + (c² − d²) xz, each of twice the entry
    scaled([
      [2 * c * d, 8],
      [-6 * c * d, 6],
      [c * c - d * d, 7],
    ]),
    // (xx − yy) / 2 with xx' = c² xx − 2 cd xz + d² zz
    scaled([
      [(c * c + 1) / 2, 8],
      [(1 - c * c + 2 * d * d) / 2, 6],
      [(-c * d) / 2, 7],
    ]),
  ];
}
