/** @file Conversions between f32 and 16-bit floats on the host, through the bits: Node 20 has no Float16Array. */

const word = new Uint32Array(1);
const real = new Float32Array(word.buffer);

/** The f32 that half bits stand for; exact. */
function expandHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Half bits nearest to `value`, ties to even; past 65520 infinity. */
function roundHalf(value: number): number {
  real[0] = value;
  const bits = word[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Below 2⁻¹⁴ halves are multiples of 2⁻²⁴; adding 1.5·2²³ of those units makes the FPU round to them, ties to even.
    real[0] = Math.fround(Math.fround(Math.abs(value) * 2 ** 24) + 12582912);
    return sign | ((word[0] as number) - 0x4b400000);
  }
  // Rebias the exponent by 127 − 15 and drop 13 bits; a carry out of the fraction rightly raises the exponent.
  const rounded = magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1);
  return sign | (rounded >>> 13);
}

let halfTable: Float32Array | undefined;

/** f32 values of half bits; exact. */
export function floatsFromHalf(bits: Uint16Array): Float32Array {
  halfTable ??= Float32Array.from({ length: 65536 }, (_, k) => expandHalf(k));
  const out = new Float32Array(bits.length);
  for (let k = 0; k < out.length; k++) out[k] = halfTable[bits[k] as number] as number;
  return out;
}

/** Half bits of f32 values: nearest, ties to even, past 65520 infinite. */
export function halfFromFloats(values: Float32Array): Uint16Array {
  const out = new Uint16Array(values.length);
  for (let k = 0; k < out.length; k++) out[k] = roundHalf(values[k] as number);
  return out;
}

/** f32 values of bfloat16 bits, which are the upper half of an f32; exact. */
export function floatsFromBfloat(bits: Uint16Array): Float32Array {
  const out = new Uint32Array(bits.length);
  for (let k = 0; k < out.length; k++) out[k] = (bits[k] as number) << 16;
  return new Float32Array(out.buffer);
}
