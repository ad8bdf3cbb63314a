import { checkBoolean, linearGrid } from '@visage/gpu';
import { reduceMaximum } from '@visage/kernels';
import { track } from '../core/autograd.ts';
import { WORKGROUP } from '../core/passes.ts';
import { normalizeAxes, type Shape } from '../core/shape.ts';
import { checkFloat, enablesOf, paddingOf } from '../core/storage.ts';
import { empty, type Tensor } from '../core/tensor.ts';
import { type Reducer, reduceAxes } from '../reduce/reduceAxes.ts';
import { sumRowsOf } from '../reduce/sums.ts';
import { div, equal, mul } from './arithmetic.ts';
import { expand, sumOver } from './broadcast.ts';
import { cast } from './cast.ts';
import { reshape } from './reshape.ts';

const ELEMENTS = 128; // that one thread compares

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

const dropAxes = (shape: Shape, axes: readonly number[]): number[] => shape.filter((_, k) => !axes.includes(k));

/** Checks the arguments of a reduction, and gives the axes as {@link normalizeAxes} does. */
function axesOf(op: string, x: Tensor, axes: number | readonly number[] | undefined, keepDims: boolean): number[] {
  checkFloat(op, 'x', x);
  checkBoolean(op, 'keepDims', keepDims);
  return normalizeAxes(op, axes, x.rank);
}

/**
 * Sum over `axes` (all by default), in f32 also of an f16 tensor. With `keepDims` reduced axes stay, with extent 1.
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16 and has the axes, each named once.
 */
export function sum(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  const list = axesOf('sum', x, axes, keepDims);
  if (list.length === 0) return cast(x, 'f32');
  const out = sumOver(x, list);
  return keepDims ? out : reshape(out, dropAxes(x.shape, list));
}

/**
 * Arithmetic mean over `axes` (all by default), in f32 also of an f16 tensor.
 *
 * @throws ArgumentError as {@link sum}.
 */
export function mean(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  const list = axesOf('mean', x, axes, keepDims);
  if (list.length === 0) return cast(x, 'f32');
  const factor = 1 / list.reduce((n, axis) => n * x.dim(axis), 1);
  const out = track('mean', reduceAxes(x, sumRowsOf, list, factor), [x], (g) => [
    expand(cast(mul(g, factor), x.dtype), x.shape),
  ]);
  return keepDims ? out : reshape(out, dropAxes(x.shape, list));
}

/**
 * Biased variance over `axes`: mean of (x − mean)². Two passes, so nothing cancels; in f32 also of an f16 tensor,
 * because squares beyond 65504 do not fit f16.
 *
 * The gradient is 2/n · (x − mean). What the mean would add to it is the sum of all (x − mean), which is zero, and NaN
 * when one x is infinite.
 *
 * @throws ArgumentError as {@link sum}.
 */
export function variance(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  const list = axesOf('variance', x, axes, keepDims);
  const full = cast(x, 'f32');
  const centred = full.sub(mean(full, list, true));
  const constant = centred.detach();
  const factor = 2 / list.reduce((n, axis) => n * x.dim(axis), 1);
  const out = track('variance', mean(mul(constant, constant), list, true), [full], (g) => [
    mul(centred, mul(g, factor)),
  ]);
  return keepDims ? out : reshape(out, dropAxes(x.shape, list));
}

/**
 * Largest element over `axes`, in f32, and NaN if one is. All that equal it share the gradient alike, as PyTorch's
 * `amax` has it.
 *
 * @throws ArgumentError as {@link sum}.
 */
export function max(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  const list = axesOf('max', x, axes, keepDims);
  if (list.length === 0) return cast(x, 'f32');
  const maxima = reduceAxes(x, maximumOf, list);
  const out = track('max', maxima, [x], (g) => {
    const largest = equal(x.detach(), maxima.detach());
    return [cast(mul(expand(div(g, sum(largest, list, true)), x.shape), largest), x.dtype)];
  });
  return keepDims ? out : reshape(out, dropAxes(x.shape, list));
}
