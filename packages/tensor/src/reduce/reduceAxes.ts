/** @file Reductions of several axes, from kernels that reduce one. */
import { type Shape, sizeOf } from '../core/shape.ts';
import type { Tensor } from '../core/tensor.ts';

/** Reduces the middle axis of x, f32 or f16, seen as [outer, extent, inner]; the result is f32. */
export type Reducer = (x: Tensor, outer: number, extent: number, inner: number, factor: number, shape: Shape) => Tensor;

/** Reduces several axes, one run of neighbouring axes at a time, last run first. Keeps reduced axes with extent 1. */
export function reduceAxes(x: Tensor, reducer: Reducer, axes: readonly number[], factor = 1): Tensor {
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
