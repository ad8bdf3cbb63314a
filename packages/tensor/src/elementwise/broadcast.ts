/** @file Broadcasting and its gradient, each the other's: `expand` copies along an axis, `sumTo` adds along it. */
import { ArgumentError } from '@visage/gpu';
import { track } from '../core/autograd.ts';
import { broadcastShapes, checkExtents, type Shape, sameShape, showShape, sizeOf, stridesOf } from '../core/shape.ts';
import { checkFloat } from '../core/storage.ts';
import { checkTensor, type Tensor } from '../core/tensor.ts';
import { reduceAxes } from '../reduce/reduceAxes.ts';
import { sumRowsOf } from '../reduce/sums.ts';
import { cast } from './cast.ts';
import { gather, indexSum } from './gather.ts';
import { reshape } from './reshape.ts';

/**
 * Broadcasts to `shape` by copying.
 *
 * @throws ArgumentError unless x broadcasts to `shape`.
 */
export function expand(x: Tensor, shape: Shape): Tensor {
  checkTensor('expand', 'x', x);
  checkExtents('expand', shape);
  if (sameShape(x.shape, shape)) return x;
  if (!sameShape(broadcastShapes('expand', [x.shape, shape]), shape)) {
    throw new ArgumentError('expand', 'shape', showShape(shape), `a shape that ${showShape(x.shape)} broadcasts to`);
  }
  const strides = stridesOf(x.shape);
  const lead = shape.length - x.rank;
  const walk = shape.map((_, k) => (k < lead || x.shape[k - lead] === 1 ? 0 : (strides[k - lead] as number)));
  const out = gather('expand', x, shape, `return ${indexSum(shape, walk)};`);
  return track('expand', out, [x], (g) => [sumTo(g, x.shape)]);
}

/** The sum over axes, which stay with extent 1; f32 also of an f16 tensor. */
export const sumOver = (x: Tensor, axes: readonly number[]): Tensor =>
  track('sum', reduceAxes(x, sumRowsOf, axes), [x], (g) => [expand(cast(g, x.dtype), x.shape)]);

/**
 * Sums a broadcast tensor back to `shape`: the gradient of broadcasting.
 *
 * @throws ArgumentError unless `shape` broadcasts to the shape of x.
 */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  checkFloat('sumTo', 'x', x);
  checkExtents('sumTo', shape);
  if (sameShape(x.shape, shape)) return x;
  if (x.size === sizeOf(shape)) return reshape(x, shape);
  if (!sameShape(broadcastShapes('sumTo', [shape, x.shape]), x.shape))
    throw new ArgumentError('sumTo', 'shape', showShape(shape), `a shape that broadcasts to ${showShape(x.shape)}`);
  const lead = x.rank - shape.length;
  const axes = x.shape.map((_, k) => k).filter((k) => k < lead || (shape[k - lead] === 1 && x.shape[k] !== 1));
  return reshape(sumOver(x, axes), shape);
}
