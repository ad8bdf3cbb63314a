/** @file 16-bit floats of weight files, on the host. */
import { VisageError } from '@visage/gpu';
import type { Shape } from '@visage/tensor';
import { floatsFromHalf, halfFromFloats } from '@visage/tensor/kernels';
import { badValue, placeIn } from './finite.ts';

export { floatsFromHalf, halfFromFloats };

/**
 * Bits of float16 for the weights of a file.
 *
 * @param where what errors begin with: the file that the weights are from, or the function that was called.
 * @throws VisageError that names the tensor, the place and the value where one is not finite, or from 65520 on, where float16 rounds to infinity.
 */
export function halfWeights(where: string, name: string, shape: Shape, values: Float32Array): Uint16Array {
  checkStored(where, name, shape, values);
  const bits = halfFromFloats(values);
  const over = badValue('', bits); // by no name: rounding cannot make a value negative
  if (!over) return bits;
  const place = `${name} is ${values[over.index]}${placeIn(shape, over.index)}`;
  throw new VisageError(`${where}: ${place}, and float16 ends at 65504; store the network in float32`);
}

/** @throws VisageError for a value that no reader of the file would take. */
export function checkStored(where: string, name: string, shape: Shape, values: Float32Array): void {
  const bad = badValue(name, values);
  if (bad) throw new VisageError(`${where}: ${name} is ${bad.value}${placeIn(shape, bad.index)}; ${bad.why}`);
}

/** f32 values of bfloat16 bits, which are the upper half of an f32; exact. */
export function floatsFromBfloat(bits: Uint16Array): Float32Array {
  const out = new Uint32Array(bits.length);
  for (let k = 0; k < out.length; k++) out[k] = (bits[k] as number) << 16;
  return new Float32Array(out.buffer);
}
