/** @file Losses. They compute in f32 and give f32, also from f16. */
import { ArgumentError } from '@visage/gpu';
import { V } from '../pointwise.ts';
import { sameShape, showShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { reluCode } from './activationCode.ts';
import { add, neg, sub } from './arithmetic.ts';
import { cast } from './cast.ts';
import { meanOf } from './meanOf.ts';
import { mean } from './reduce.ts';
import { abs, relu, square } from './unary.ts';

/** The difference of two tensors of one shape: broadcasting is a mistake here far more often than a wish. */
function between(name: string, a: Tensor, b: Tensor, expression: string, gradient: string, of: (d: Tensor) => Tensor) {
  if (!sameShape(a.shape, b.shape))
    throw new ArgumentError(name, 'b', showShape(b.shape), `${showShape(a.shape)}, the shape of a`);
  return meanOf({
    name,
    expression,
    inputs: [a, b],
    gradients: [gradient, `-(${gradient})`],
    composed: (x, y) => mean(of(sub(cast(x as Tensor, 'f32'), cast(y as Tensor, 'f32')))),
  });
}

/** Mean of |a − b|; shapes must be equal. */
export const l1Loss = (a: Tensor, b: Tensor): Tensor => between('l1Loss', a, b, 'abs(a - b)', 'sign(a - b) * g', abs);

/** Mean of (a − b)²; shapes must be equal. */
export const mseLoss = (a: Tensor, b: Tensor): Tensor =>
  between('mseLoss', a, b, '(a - b) * (a - b)', '(a - b) * (2.0 * g)', square);

/** Mean of max(0, 1 + sign · x). */
function hinge(name: string, x: Tensor, sign: 1 | -1): Tensor {
  const inner = `V(1.0) + ${V(sign)} * a`;
  return meanOf({
    name,
    expression: reluCode(`(${inner})`),
    inputs: [x],
    gradients: [`select(${sign === 1 ? 'g' : '-g'}, V(0.0), ${inner} <= V(0.0))`],
    composed: (y) => {
      const full = cast(y as Tensor, 'f32');
      return mean(relu(sign === 1 ? add(full, 1) : sub(1, full)));
    },
  });
}

/** Discriminator's hinge on real images: mean of max(0, 1 − x). Lim and Ye 2017. */
export const hingeReal = (x: Tensor): Tensor => hinge('hingeReal', x, -1);

/** Discriminator's hinge on generated images: mean of max(0, 1 + x). */
export const hingeFake = (x: Tensor): Tensor => hinge('hingeFake', x, 1);

/** Generator's side of the hinge: −mean of x. */
export const hingeGenerator = (x: Tensor): Tensor =>
  meanOf({
    name: 'hingeGenerator',
    expression: '-a',
    inputs: [x],
    gradients: ['-g'],
    composed: (y) => neg(mean(cast(y as Tensor, 'f32'))),
  });
