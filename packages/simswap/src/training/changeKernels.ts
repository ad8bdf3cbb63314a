/**
 * @file The kernels that change a batch of pictures, each picture by a row of numbers of its own. Where a kernel finds
 * its numbers in the row is the caller's to say.
 */
import { type Constant, f32, i32, linearGrid } from '@visage/gpu';
import {
  augmentBatch,
  augmentBlur,
  augmentColor,
  augmentJpeg,
  augmentNoise,
  augmentOcclude,
  augmentShrink,
  augmentWarp,
  randomPhilox,
} from '@visage/kernels';
import type { Tensor } from '@visage/tensor';
import { empty } from '@visage/tensor/kernels';

const WORKGROUP = 256;
const MCU = 16; // side of the squares of pixels that JPEG compresses

/** Launches a kernel that takes one thread per pixel, behind the parts that it needs besides that of the batch. */
function perPixel(
  name: string,
  parts: readonly string[],
  x: Tensor,
  numbers: Tensor,
  constants: Readonly<Record<string, Constant>>,
): Tensor {
  const [, H, W, channels] = x.shape as [number, number, number, number];
  const out = empty(x.gpu, x.shape, 'f32');
  const PIXELS = x.size / channels;
  x.gpu.dispatch({
    program: {
      name,
      constants: { WG: WORKGROUP, H, W, PIXELS, NUMBERS: numbers.dim(1), ...constants },
      parts: [augmentBatch, ...parts],
    },
    buffers: [out.buffer, x.buffer, numbers.buffer],
    grid: linearGrid(Math.ceil(PIXELS / WORKGROUP)),
  });
  return out;
}

/** Recoloured by a 3x4 matrix, row by row from a place of the numbers on. */
export const recoloured = (x: Tensor, numbers: Tensor, MATRIX: number): Tensor =>
  perPixel('augment/color', [augmentColor], x, numbers, { MATRIX });

/** Blurred by a Gaussian with σ at a place of the numbers, at most `most` pixels. */
export function blurred(x: Tensor, numbers: Tensor, SIGMA: number, most: number): Tensor {
  const constants = { SIGMA, RADIUS: i32(Math.ceil(3 * most)) };
  const along = (from: Tensor, DOWN: boolean) =>
    perPixel('augment/blur', [augmentBlur], from, numbers, { ...constants, DOWN });
  return along(along(x, false), true);
}

/** Shrunk to so many cells an axis as stand at a place of the numbers, and enlarged again; 0 leaves a picture alone. */
export function shrunk(x: Tensor, numbers: Tensor, CELLS: number): Tensor {
  const along = (from: Tensor, DOWN: boolean) =>
    perPixel('augment/shrink', [augmentShrink], from, numbers, { CELLS, DOWN });
  return along(along(x, false), true);
}

/** With noise whose σ stands at a place of the numbers, and its seed behind it. */
export const noisy = (x: Tensor, numbers: Tensor, NOISE: number): Tensor =>
  perPixel('augment/noise', [randomPhilox, augmentNoise], x, numbers, { NOISE });

/**
 * Moved by affine maps from the new pictures to the old ones, 2x3 from a place of the numbers on. With `nearest` no
 * values are mixed, as maps of classes [N, H, W, 1] need.
 */
export const warped = (x: Tensor, numbers: Tensor, WARP: number, nearest = false): Tensor =>
  perPixel('augment/warp', [augmentWarp], x, numbers, { WARP, CHANNELS: x.dim(3), NEAREST: nearest });

/**
 * With an object in front, whose numbers begin at a place.
 *
 * @param label the class of the object, for a map of classes [N, H, W, 1]; none for a picture.
 */
export const occluded = (x: Tensor, numbers: Tensor, OBJECT: number, label?: number): Tensor =>
  perPixel('augment/occlude', [augmentOcclude], x, numbers, {
    ...{ OBJECT, CHANNELS: x.dim(3), HARD: label !== undefined, CLASS: f32(label ?? 0) },
  });

/** As JPEG with 4:2:0 chroma leaves it, at a scale of the tables at a place of the numbers; below 0 as it was. */
export function compressed(x: Tensor, numbers: Tensor, QUALITY: number): Tensor {
  const [N, H, W] = x.shape as [number, number, number, number];
  const out = empty(x.gpu, x.shape, 'f32');
  const [ACROSS, DOWN] = [Math.ceil(W / MCU), Math.ceil(H / MCU)];
  const MCUS = N * ACROSS * DOWN;
  x.gpu.dispatch({
    program: {
      name: 'augment/jpeg',
      constants: { H, W, NUMBERS: numbers.dim(1), QUALITY, ACROSS, DOWN, MCUS },
      parts: [augmentBatch, augmentJpeg],
    },
    buffers: [out.buffer, x.buffer, numbers.buffer],
    grid: linearGrid(MCUS),
  });
  return out;
}
