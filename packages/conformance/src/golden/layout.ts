import type { HostArray } from '@visage/tensor';
import type { GoldenTensor } from './golden.ts';

/** The role of a stored tensor, which determines how its layout differs from Visage's. */
export type Role = 'image' | 'weight' | 'plain';

// Axis k in Visage is axis ORDER[k] in PyTorch.
const NHWC = [0, 2, 3, 1];
// OIHW → HWIO. For a transposed convolution PyTorch stores [in, out, h, w] and Visage [h, w, out, in], which is the
// same permutation.
const HWIO = [2, 3, 1, 0];

/** Converts a tensor from PyTorch's layout to Visage's: NCHW → NHWC, OIHW → HWIO, [out, in] → [in, out]. */
export function fromTorch(x: GoldenTensor, role: Role): GoldenTensor {
  if (role === 'plain') return x;
  if (x.shape.length === 4) return permuted(x, role === 'image' ? NHWC : HWIO);
  if (x.shape.length === 2 && role === 'weight') return permuted(x, [1, 0]);
  return x;
}

/** Permutes the axes of a tensor on the host: axis k of the result is axis `order[k]` of x. */
function permuted(x: GoldenTensor, order: readonly number[]): GoldenTensor {
  const shape = order.map((axis) => x.shape[axis] as number);
  const strides = x.shape.map((_, axis) => x.shape.slice(axis + 1).reduce((n, extent) => n * extent, 1));
  const walk = order.map((axis) => strides[axis] as number);
  const data = new (x.data.constructor as new (length: number) => HostArray)(x.data.length);
  const at = new Array<number>(order.length).fill(0);
  let source = 0;
  for (let i = 0; i < data.length; i++) {
    data[i] = x.data[source] as number;
    // Count up like an odometer, last axis fastest.
    for (let axis = order.length - 1; axis >= 0; axis--) {
      at[axis] = (at[axis] as number) + 1;
      source += walk[axis] as number;
      if ((at[axis] as number) < (shape[axis] as number)) break;
      source -= (walk[axis] as number) * (shape[axis] as number);
      at[axis] = 0;
    }
  }
  return { shape, data };
}
