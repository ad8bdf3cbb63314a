import { ArgumentError } from '@visage/gpu';
import type { Tensor } from '../core/tensor.ts';
import { halfOf } from '../elementwise/autocast.ts';
import type { GemmType } from './problem.ts';

/** The element type of products over x. */
export const gemmType = (x: Tensor): GemmType => (x.dtype === 'f16' ? 'f16' : 'f32');

/**
 * The operands of a product as the kernels take them, both of one type: f16 as soon as either is, because the other then is a master weight or a gradient of one.
 *
 * @throws ArgumentError if they are f16 and the device has no f16.
 */
export function operandsOf(op: string, a: Tensor, b: Tensor): readonly [Tensor, Tensor] {
  if (a.dtype !== 'f16' && b.dtype !== 'f16') return [a, b];
  if (!a.gpu.device.features.has('shader-f16'))
    throw new ArgumentError(op, 'dtype', 'f16', 'f32', 'This device lacks the feature shader-f16');
  return [halfOf(a), halfOf(b)];
}
