/**
 * @file Exercise of chapter 3.
 *
 * Write the op softplus(x) = log(1 + eˣ) for the engine of autograd.ts, with a gradient that can be differentiated
 * again.
 *
 * Two things to mind. eˣ leaves f32 at x = 89, so compute max(x, 0) + log(1 + e^−|x|), which is the same number. And
 * the derivative of softplus is the sigmoid, 1 / (1 + e^−x). Make that an op as well, whose gradient is made of ops,
 * and the second order needs nothing more. `map` of autograd.ts makes an op of a WGSL expression over `a`.
 *
 *     npm run course -- 3 --exercise
 */
import type { Tensor } from './autograd.ts';

export function softplus(_x: Tensor): Tensor {
  throw new Error('write softplus with a gradient made of ops; `map` of autograd.ts makes an op of a WGSL expression');
}
