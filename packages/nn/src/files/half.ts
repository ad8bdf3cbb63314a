/** @file 16-bit floats of weight files, on the host. */
export { floatsFromHalf, halfFromFloats } from '@visage/tensor';

/** f32 values of bfloat16 bits, which are the upper half of an f32; exact. */
export function floatsFromBfloat(bits: Uint16Array): Float32Array {
  const out = new Uint32Array(bits.length);
  for (let k = 0; k < out.length; k++) out[k] = (bits[k] as number) << 16;
  return new Float32Array(out.buffer);
}
