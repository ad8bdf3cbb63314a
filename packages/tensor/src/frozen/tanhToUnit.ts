/** @file The end of a network that makes images by tanh; without gradients in one launch. */
import { gradEnabled } from '../core/autograd.ts';
import { checkFloat } from '../core/storage.ts';
import type { Tensor } from '../core/tensor.ts';
import { tanhCode } from '../elementwise/activationCode.ts';
import { add, mul } from '../elementwise/arithmetic.ts';
import { cast } from '../elementwise/cast.ts';
import { pointwise } from '../elementwise/pointwise.ts';
import { tanh } from '../elementwise/unary.ts';

/** The definition of {@link tanhToUnit} in plain ops. */
export const composedTanhToUnit = (x: Tensor): Tensor => mul(add(tanh(cast(x, 'f32')), 1), 0.5);

/**
 * (tanh x + 1) / 2, an image in [0, 1], of any shape: f32 or f16 → f32.
 *
 * Inside `noGrad` it is one launch, where the plain ops, which gradients go through, take three, and four from f16.
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16.
 */
export function tanhToUnit(x: Tensor): Tensor {
  checkFloat('tanhToUnit', 'x', x);
  if (gradEnabled()) return composedTanhToUnit(x);
  return pointwise('tanhToUnit', `(${tanhCode('a')} + V(1.0)) * V(0.5)`, [x], [], 'f32');
}
