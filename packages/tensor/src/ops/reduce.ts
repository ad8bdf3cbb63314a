import { linearGrid } from '@visage/gpu';
import { reduceMaximum } from '@visage/kernels';
import { track } from '../autograd.ts';
import { normalizeAxes, type Shape, sameShape, sizeOf } from '../shape.ts';
import { checkFloat, enablesOf, paddingOf } from '../storage.ts';
import { empty, type Tensor } from '../tensor.ts';
import { div, equal, mul } from './arithmetic.ts';
import { cast } from './cast.ts';
import { expand, reshape } from './shape.ts';
import { sumRowsOf } from './sums.ts';

const WORKGROUP = 64;
const ELEMENTS = 128; // that one invocation compares

/** Reduces the middle axis of x, f32 or f16, seen as [outer, extent, inner]; the result is f32. */
type Reducer = (x: Tensor, outer: number, extent: number, inner: number, factor: number, shape: Shape) => Tensor;

/** The largest element; `factor` is 1. */
const maximumOf: Reducer = (x, outer, extent, inner, factor, shape) => {
  const chunks = Math.ceil(extent / ELEMENTS);
  const out = empty(x.gpu, chunks === 1 ? shape : [outer, chunks, inner]);
  x.gpu.dispatch({
    program: {
      name: 'reduce/max',
      enables: enablesOf(x.dtype),
      aliases: { S: x.dtype },
      constants: { WG: WORKGROUP, OUTER: outer, INNER: inner, PADDING: paddingOf(x) },
      parts: [reduceMaximum],
    },
    buffers: [out.buffer, x.buffer],
    grid: linearGrid(Math.ceil((outer * chunks * inner) / WORKGROUP)),
  });
  return chunks === 1 ? out : maximumOf(out, outer, chunks, inner, factor, shape);
};

/** Reduces several axes, one run of neighbouring axes at a time, last run first. Keeps reduced axes with extent 1. */
function reduce(x: Tensor, reducer: Reducer, axes: readonly number[], factor = 1): Tensor {
  let current = x;
  for (let end = axes.length; end > 0; ) {
    let start = end - 1;
    while (start > 0 && axes[start - 1] === (axes[start] as number) - 1) start--;
    const [from, to] = [axes[start] as number, axes[end - 1] as number];
    const { shape } = current;
    const next = shape.map((n, k) => (k >= from && k <= to ? 1 : n));
    const outer = sizeOf(shape.slice(0, from));
    const [extent, inner] = [sizeOf(shape.slice(from, to + 1)), sizeOf(shape.slice(to + 1))];
    current = reducer(current, outer, extent, inner, start === 0 ? factor : 1, next);
    end = start;
  }
  return current;
}

const dropAxes = (shape: Shape, axes: readonly number[]): number[] => shape.filter((_, k) => !axes.includes(k));

/** Sum over `axes` (all by default), in f32 also of an f16 tensor; reduced axes vanish unless `keepDims`. */
export function sum(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  checkFloat('sum', 'x', x);
  const list = normalizeAxes('sum', axes, x.rank);
  if (list.length === 0) return cast(x, 'f32');
  const out = track('sum', reduce(x, sumRowsOf, list), [x], (g) => [expand(cast(g, x.dtype), x.shape)]);
  return keepDims ? out : reshape(out, dropAxes(x.shape, list));
}

/** Arithmetic mean over `axes` (all by default), in f32 also of an f16 tensor. */
export function mean(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  checkFloat('mean', 'x', x);
  const list = normalizeAxes('mean', axes, x.rank);
  if (list.length === 0) return cast(x, 'f32');
  const factor = 1 / list.reduce((n, axis) => n * x.dim(axis), 1);
  const out = track('mean', reduce(x, sumRowsOf, list, factor), [x], (g) => [
    expand(cast(mul(g, factor), x.dtype), x.shape),
  ]);
  return keepDims ? out : reshape(out, dropAxes(x.shape, list));
}

/**
 * Biased variance over `axes`: mean of (x − mean)². Two passes, so nothing cancels; in f32 also of an f16 tensor, because squares beyond 65504 do not fit f16.
 *
 * The gradient is 2/n · (x − mean). What the mean would add to it is the sum of all (x − mean), which is zero, and NaN when one x is infinite.
 */
export function variance(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  checkFloat('variance', 'x', x);
  const list = normalizeAxes('variance', axes, x.rank);
  const full = cast(x, 'f32');
  const centred = full.sub(mean(full, list, true));
  const constant = centred.detach();
  const factor = 2 / list.reduce((n, axis) => n * x.dim(axis), 1);
  const out = track('variance', mean(mul(constant, constant), list, true), [full], (g) => [
    mul(centred, mul(g, factor)),
  ]);
  return keepDims ? out : reshape(out, dropAxes(x.shape, list));
}

/** Largest element over `axes`, in f32, and NaN if one is. All that equal it share the gradient alike, as PyTorch's `amax` has it. */
export function max(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  checkFloat('max', 'x', x);
  const list = normalizeAxes('max', axes, x.rank);
  if (list.length === 0) return cast(x, 'f32');
  const kept = reduce(x, maximumOf, list);
  const out = track('max', kept, [x], (g) => {
    const largest = equal(x.detach(), kept.detach());
    return [cast(mul(expand(div(g, sum(largest, list, true)), x.shape), largest), x.dtype)];
  });
  return keepDims ? out : reshape(out, dropAxes(x.shape, list));
}

/** Sums a broadcast tensor back to `shape`: the gradient of broadcasting. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  if (x.size === sizeOf(shape)) return reshape(x, shape);
  const lead = x.rank - shape.length;
  const axes = x.shape.map((_, k) => k).filter((k) => k < lead || (shape[k - lead] === 1 && x.shape[k] !== 1));
  return reshape(sum(x, axes, true), shape);
}
