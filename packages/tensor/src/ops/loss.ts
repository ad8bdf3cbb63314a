/** @file Losses. They compute in f32 and give f32, also from f16. */
import { ArgumentError } from '@visage/gpu';
import { pointwise } from '../pointwise.ts';
import { sameShape, showShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { add, neg, sub } from './arithmetic.ts';
import { cast } from './cast.ts';
import { mean } from './reduce.ts';
import { abs, relu, square } from './unary.ts';

function difference(op: string, a: Tensor, b: Tensor): Tensor {
  // Broadcasting here is a mistake far more often than a wish.
  if (!sameShape(a.shape, b.shape))
    throw new ArgumentError(op, 'b', showShape(b.shape), `${showShape(a.shape)}, the shape of a`);
  return pointwise('sub', 'a - b', [a, b], [(g) => g, (g) => neg(g)], 'f32');
}

/** Mean of |a − b|; shapes must be equal. */
export const l1Loss = (a: Tensor, b: Tensor): Tensor => mean(abs(difference('l1Loss', a, b)));

/** Mean of (a − b)²; shapes must be equal. */
export const mseLoss = (a: Tensor, b: Tensor): Tensor => mean(square(difference('mseLoss', a, b)));

/** Discriminator's hinge on real images: mean of max(0, 1 − x). Lim and Ye 2017. */
export const hingeReal = (x: Tensor): Tensor => mean(relu(sub(1, cast(x, 'f32'))));

/** Discriminator's hinge on generated images: mean of max(0, 1 + x). */
export const hingeFake = (x: Tensor): Tensor => mean(relu(add(cast(x, 'f32'), 1)));

/** Generator's side of the hinge: −mean of x. */
export const hingeGenerator = (x: Tensor): Tensor => neg(mean(x));
