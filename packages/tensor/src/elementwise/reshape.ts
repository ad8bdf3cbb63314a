import { ArgumentError, checkList, showValue } from '@visage/gpu';
import { track } from '../core/autograd.ts';
import { type Shape, sameShape, showShape, sizeOf } from '../core/shape.ts';
import { checkTensor, Tensor } from '../core/tensor.ts';

/**
 * The same elements in another shape; one extent may be −1. Shares memory.
 *
 * @throws ArgumentError for extents that do not multiply to the number of elements.
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  checkTensor('reshape', 'x', x);
  checkList('reshape', 'shape', shape, 'extents');
  const open = shape.filter((extent) => extent === -1).length;
  if (open > 1 || !shape.every((extent) => extent === -1 || (Number.isInteger(extent) && extent > 0))) {
    const expected = 'positive integers, one of which may be -1 for what is left';
    throw new ArgumentError('reshape', 'shape', showValue(shape), expected);
  }
  const given = shape.reduce((n, extent) => (extent === -1 ? n : n * extent), 1);
  const full = shape.map((extent) => (extent === -1 ? x.size / given : extent));
  if (sizeOf(full) !== x.size || !full.every(Number.isInteger)) {
    throw new ArgumentError('reshape', 'shape', showShape(shape), `${x.size} elements, as in ${showShape(x.shape)}`);
  }
  if (sameShape(full, x.shape)) return x;
  return track('reshape', new Tensor(x.gpu, x.buffer, full, x.dtype), [x], (g) => [reshape(g, x.shape)]);
}
