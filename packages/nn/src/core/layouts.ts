import { VisageError } from '@visage/gpu';
import type { Shape } from '@visage/tensor';
import { showShape, sizeOf, stridesOf } from '@visage/tensor/kernels';

/**
 * How a tensor of ours lies in a PyTorch file:
 *
 * | layout | ours | file |
 * |---|---|---|
 * | `plain` | any | the same |
 * | `conv` | [kh, kw, ci / groups, co] | [co, ci / groups, kh, kw] |
 * | `convTranspose` | [kh, kw, co, ci] | [ci, co, kh, kw] |
 * | `linear` | [in, out] | [out, in] |
 * | `{ flattened: [C, H, W] }` | [H·W·C, out] | [out, C·H·W], a linear layer behind a flattened map |
 * | `{ unflattened: [C, H, W] }` | [in, H·W·C] or [H·W·C] | [C·H·W, in] or [C·H·W], a linear layer in front of a map |
 */
export type Layout =
  | 'plain'
  | 'conv'
  | 'convTranspose'
  | 'linear'
  | { readonly flattened: readonly [number, number, number] }
  | { readonly unflattened: readonly [number, number, number] };

/**
 * A layout at a given shape: our tensor seen as `view`, whose axes `order` lists in file order; the file says
 * `fileShape`.
 */
interface Permutation {
  readonly view: Shape;
  readonly order: readonly number[];
  readonly fileShape: Shape;
}

function permutation(shape: Shape, layout: Layout): Permutation {
  if (layout === 'plain') return { view: shape, order: shape.map((_, k) => k), fileShape: shape };
  if (typeof layout === 'object') return 'flattened' in layout ? behindMap(shape, layout) : beforeMap(shape, layout);
  const order = layout === 'linear' ? [1, 0] : [3, 2, 0, 1];
  if (order.length !== shape.length)
    throw new VisageError(`layout: ${layout} needs rank ${order.length}, got ${showShape(shape)}`);
  return { view: shape, order, fileShape: order.map((axis) => shape[axis] as number) };
}

function behindMap(shape: Shape, { flattened }: Extract<Layout, { flattened: unknown }>): Permutation {
  const [channels, height, width] = flattened;
  const features = channels * height * width;
  if (shape.length !== 2 || shape[0] !== features) {
    throw new VisageError(
      `layout: a weight of shape ${showShape(shape)} cannot follow a flattened map [${flattened}] (C, H, W)`,
    );
  }
  const out = shape[1] as number;
  return { view: [height, width, channels, out], order: [3, 2, 0, 1], fileShape: [out, features] };
}

function beforeMap(shape: Shape, { unflattened }: Extract<Layout, { unflattened: unknown }>): Permutation {
  const [channels, height, width] = unflattened;
  const features = channels * height * width;
  if (shape.length > 2 || shape.at(-1) !== features) {
    throw new VisageError(
      `layout: a weight or bias of shape ${showShape(shape)} cannot yield a map [${unflattened}] (C, H, W)`,
    );
  }
  const map = [height, width, channels];
  if (shape.length === 1) return { view: map, order: [2, 0, 1], fileShape: [features] };
  const inputs = shape[0] as number;
  return { view: [inputs, ...map], order: [3, 1, 2, 0], fileShape: [features, inputs] };
}

/** Shape in a PyTorch file of a tensor that has `shape` here. */
export const fileShape = (shape: Shape, layout: Layout): Shape => permutation(shape, layout).fileShape;

/**
 * Where the elements of a tensor of `shape` lie, in file order: the element with the number whose digits in the mixed
 * radix `extents` are (a, b, c, d) is our element a · strides[0] + … + d · strides[3].
 */
export function fileWalk(shape: Shape, layout: Layout): { readonly extents: Shape; readonly strides: Shape } {
  if (layout === 'plain') return { extents: [1, 1, 1, sizeOf(shape)], strides: [0, 0, 0, 1] };
  const { view, order } = permutation(shape, layout);
  const own = stridesOf(view);
  const missing = 4 - order.length;
  const fill = (value: number, numbers: number[]) => [...new Array<number>(missing).fill(value), ...numbers];
  return {
    extents: fill(
      1,
      order.map((axis) => view[axis] as number),
    ),
    strides: fill(
      0,
      order.map((axis) => own[axis] as number),
    ),
  };
}

/**
 * Reorders the values of a tensor of `shape` from our order to that of a file.
 *
 * @throws VisageError when the layout does not fit the shape.
 */
export function toFileOrder(values: Float32Array, shape: Shape, layout: Layout): Float32Array {
  if (layout === 'plain') return values;
  const out = new Float32Array(values.length);
  walk(permutation(shape, layout), (file, own) => {
    out[file] = values[own] as number;
  });
  return out;
}

/**
 * Reorders the values of a tensor of our `shape` from the order of a file to ours.
 *
 * @throws VisageError when the layout does not fit the shape.
 */
export function fromFileOrder(values: Float32Array, shape: Shape, layout: Layout): Float32Array {
  if (layout === 'plain') return values;
  const out = new Float32Array(values.length);
  walk(permutation(shape, layout), (file, own) => {
    out[own] = values[file] as number;
  });
  return out;
}

/** Visits every element in file order, with its index in our order. */
function walk({ view, order }: Permutation, visit: (file: number, own: number) => void): void {
  const own = stridesOf(view);
  const extents = order.map((axis) => view[axis] as number);
  const strides = order.map((axis) => own[axis] as number);
  const last = extents.length - 1;
  const [inner, step] = [extents[last] as number, strides[last] as number];
  const at = new Array<number>(last).fill(0);
  const rows = sizeOf(extents) / inner;
  let base = 0;
  for (let row = 0, file = 0; row < rows; row++) {
    for (let k = 0; k < inner; k++) visit(file++, base + k * step);
    // Counts up like an odometer, so that no division is needed.
    for (let axis = last - 1; axis >= 0; axis--) {
      base += strides[axis] as number;
      at[axis] = (at[axis] as number) + 1;
      if ((at[axis] as number) < (extents[axis] as number)) break;
      base -= (extents[axis] as number) * (strides[axis] as number);
      at[axis] = 0;
    }
  }
}
