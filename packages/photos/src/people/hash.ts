/**
 * @file Hashes of what a picture looks like. Copies of a picture that differ in size, compression or brightness have
 * hashes that differ in a few bits.
 *
 * The libraries there are either read files through a decoder of their own (sharp-phash, imghash) or have not been kept
 * (blockhash-core); ours takes pixels that are decoded already.
 */
import { ArgumentError } from '@visage/gpu';
import { type GreyPicture, resizedGrey } from './grey.ts';

const SIDE = 32; // pixels to which a picture is shrunk
const KEPT = 8; // rows and columns of low frequencies that are kept
const FORM = /^[0-9a-f]{16}$/;

/** The first {@link KEPT} rows of the discrete cosine transform (type II) of {@link SIDE} numbers. */
const COSINES = Array.from({ length: KEPT }, (_, frequency) =>
  Float32Array.from({ length: SIDE }, (__, k) => Math.cos((Math.PI * frequency * (2 * k + 1)) / (2 * SIDE))),
);

/**
 * The perceptual hash of a picture: 64 bits as 16 hexadecimal digits. The picture is shrunk to 32 x 32 and transformed
 * by cosines; a bit says whether one of the 8 x 8 lowest frequencies is above the median of all but the constant one
 * (Zauner 2010, "Implementation and benchmarking of perceptual image hash functions", §3.2.1).
 */
export function perceptualHash(picture: GreyPicture): string {
  const { data } = resizedGrey(picture, SIDE, SIDE);
  const frequencies = COSINES.flatMap((down) => COSINES.map((across) => coefficient(data, down, across)));
  const sorted = frequencies.slice(1).sort((a, b) => a - b);
  const median = sorted[(sorted.length - 1) / 2] as number;
  let hash = '';
  for (let k = 0; k < frequencies.length; k += 4) {
    const digit = frequencies.slice(k, k + 4).reduce((bits, value) => 2 * bits + Number(value > median), 0);
    hash += digit.toString(16);
  }
  return hash;
}

function coefficient(data: Float32Array, down: Float32Array, across: Float32Array): number {
  let sum = 0;
  for (let y = 0; y < SIDE; y++) {
    let row = 0;
    for (let x = 0; x < SIDE; x++) row += (data[y * SIDE + x] as number) * (across[x] as number);
    sum += row * (down[y] as number);
  }
  return sum;
}

/**
 * The number of bits, 0 to 64, in which two hashes differ. Copies of one picture differ in at most 6 or so; unrelated
 * pictures in 32 on average.
 *
 * @throws ArgumentError unless both are hashes of {@link perceptualHash}.
 */
export function hashDistance(a: string, b: string): number {
  for (const [name, hash] of [
    ['a', a],
    ['b', b],
  ] as const) {
    if (!FORM.test(hash)) throw new ArgumentError('hashDistance', name, `'${hash}'`, '16 hexadecimal digits');
  }
  let differing = BigInt(`0x${a}`) ^ BigInt(`0x${b}`);
  let bits = 0;
  for (; differing > 0n; differing >>= 1n) bits += Number(differing & 1n);
  return bits;
}
