/** @file Losses. They compute in f32 and give f32, also from f16. */
import { ArgumentError, showValue } from '@visage/gpu';
import { V } from '../core/map.ts';
import { sameShape, showShape } from '../core/shape.ts';
import { checkFloat } from '../core/storage.ts';
import type { Tensor } from '../core/tensor.ts';
import { reluCode } from '../elementwise/activationCode.ts';
import { add, neg, sub } from '../elementwise/arithmetic.ts';
import { cast } from '../elementwise/cast.ts';
import { meanOf } from '../elementwise/meanOf.ts';
import { mean } from '../elementwise/reduce.ts';
import { abs, relu, square } from '../elementwise/unary.ts';

/**
 * Throws if a loss was called with more arguments than it has: other libraries take a reduction, weights or label
 * smoothing there, and a mean without them would be another number without a word.
 */
export function refuseMore(op: string, takes: string, more: readonly unknown[]): void {
  if (more.length > 0)
    throw new ArgumentError(op, 'a further argument', showValue(more[0]), `${takes} alone`, 'The loss is a plain mean');
}

/**
 * The mean of an expression of two tensors. Their shapes must be equal, because broadcasting is mostly a mistake in a
 * loss.
 */
function between(name: string, a: Tensor, b: Tensor, expression: string, gradient: string, of: (d: Tensor) => Tensor) {
  checkFloat(name, 'a', a);
  checkFloat(name, 'b', b);
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

/**
 * Mean of |a − b|; shapes must be equal.
 *
 * @throws ArgumentError unless a and b are tensors of f32 or f16 and of one shape.
 */
export function l1Loss(a: Tensor, b: Tensor, ...more: readonly never[]): Tensor {
  refuseMore('l1Loss', 'a and b', more);
  return between('l1Loss', a, b, 'abs(a - b)', 'sign(a - b) * g', abs);
}

/**
 * Mean of (a − b)²; shapes must be equal.
 *
 * @throws ArgumentError as {@link l1Loss}.
 */
export function mseLoss(a: Tensor, b: Tensor, ...more: readonly never[]): Tensor {
  refuseMore('mseLoss', 'a and b', more);
  return between('mseLoss', a, b, '(a - b) * (a - b)', '(a - b) * (2.0 * g)', square);
}

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

/**
 * Discriminator's hinge on real images: mean of max(0, 1 − x). Lim and Ye 2017.
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16.
 */
export const hingeReal = (x: Tensor): Tensor => hinge('hingeReal', x, -1);

/**
 * Discriminator's hinge on generated images: mean of max(0, 1 + x).
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16.
 */
export const hingeFake = (x: Tensor): Tensor => hinge('hingeFake', x, 1);

/**
 * Generator's side of the hinge: −mean of x.
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16.
 */
export const hingeGenerator = (x: Tensor): Tensor =>
  meanOf({
    name: 'hingeGenerator',
    expression: '-a',
    inputs: [x],
    gradients: ['-g'],
    composed: (y) => neg(mean(cast(y as Tensor, 'f32'))),
  });
