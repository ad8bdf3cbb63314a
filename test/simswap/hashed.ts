/**
 * @file Inputs that PyTorch's side of a test computes too, so that no file has to carry them: see `hashed` of
 * test/golden/networks.py.
 */

import { hashed } from '@visage/conformance';
import { type Shape, type Tensor, tensor } from '@visage/tensor';
import { sizeOf } from '@visage/tensor/kernels';

/** Values of an NCHW image batch, given in that order, as NHWC. Other ranks pass. */
export function nhwc(values: Float32Array, shape: Shape): Float32Array {
  if (shape.length !== 4) return values;
  const [n, c, h, w] = shape as [number, number, number, number];
  const out = new Float32Array(values.length);
  for (let at = 0; at < values.length; at++) {
    const pixel = at % (h * w);
    const channel = Math.floor(at / (h * w)) % c;
    const sample = Math.floor(at / (c * h * w));
    out[(sample * h * w + pixel) * c + channel] = values[at] as number;
  }
  if (n * c * h * w !== values.length) throw new RangeError(`nhwc: ${values.length} values for [${shape}]`);
  return out;
}

const nhwcShape = (shape: Shape): Shape =>
  shape.length === 4 ? [0, 2, 3, 1].map((axis) => shape[axis] as number) : shape;

/** Hashed numbers minus `offset` as a tensor; `shape` as in PyTorch. */
export const hashedTensor = (seed: number, shape: Shape, offset = 0): Tensor =>
  tensor(
    nhwc(
      hashed(seed, sizeOf(shape)).map((x) => x - offset),
      shape,
    ),
    nhwcShape(shape),
  );

/** Unit latents of the same kind. */
export function latents(count: number, length: number): Tensor {
  const values = hashed(7, count * length).map((x) => x - 0.5);
  for (let row = 0; row < count; row++) {
    const part = values.subarray(row * length, (row + 1) * length);
    const norm = Math.hypot(...part);
    part.forEach((x, k) => {
      part[k] = x / norm;
    });
  }
  return tensor(values, [count, length]);
}
