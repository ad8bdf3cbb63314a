/**
 * @file IEEE binary16 on the host, as bits: Node 20 has no Float16Array. Rounding is to nearest even, as in
 * kernels/cast/writeHalf.wgsl.
 */

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** The f16 bits nearest to `value`; beyond 65520 an infinity. */
export function halfBits(value: number): number {
  float[0] = value;
  const bits = word[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size >= 0x47800000) return sign | (size > 0x7f800000 ? 0x7e00 : 0x7c00);
  if (size >= 0x38800000) return sign | ((size - 0x38000000 + 0xfff + ((size >>> 13) & 1)) >>> 13);
  word[0] = size;
  float[0] = (float[0] as number) + 0.5; // rounds to multiples of 2⁻²⁴, the step of f16 below 2⁻¹⁴
  return sign | ((word[0] as number) - 0x3f000000);
}

/** The number that f16 bits stand for. */
export function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** f16 bits of each value: nearest, ties to even, from 65520 on infinite. */
export function halfFromFloats(values: ArrayLike<number>): Uint16Array {
  const out = new Uint16Array(values.length);
  for (let k = 0; k < out.length; k++) out[k] = halfBits(values[k] as number);
  return out;
}

let table: Float32Array | undefined;

/** The values of f16 bits; exact. */
export function floatsFromHalf(bits: Uint16Array): Float32Array {
  table ??= Float32Array.from({ length: 65536 }, (_, k) => halfValue(k));
  const out = new Float32Array(bits.length);
  for (let k = 0; k < out.length; k++) out[k] = table[bits[k] as number] as number;
  return out;
}
