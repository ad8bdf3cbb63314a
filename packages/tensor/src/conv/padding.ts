/** @file Padding of images, and its gradient. */
import { ArgumentError, checkOneOf, linearGrid, showValue } from '@visage/gpu';
import { padAdjoint, padBorder } from '@visage/kernels';
import { track } from '../core/autograd.ts';
import { workgroupFor } from '../core/passes.ts';
import { checkShape, showShape } from '../core/shape.ts';
import { checkFloat, computed, enablesOf, floatTypeOf, stored } from '../core/storage.ts';
import { empty, type Tensor } from '../core/tensor.ts';
import { borderCode, PADDING_MODES, type PaddingMode } from './geometry.ts';

const MOST_PADDING = 32767; // kernels compute with 32-bit indices of pixels, and no image is so large
const PER_THREAD = [4, 2, 1]; // channel vectors for which a thread computes the indices of a pixel once

/**
 * Adds `padding` pixels on every side of an image: zeros, the mirror image without the edge pixel, or the edge pixel
 * again.
 *
 * Shapes [N, H, W, C] → [N, H + 2·padding, W + 2·padding, C], in the type of x.
 *
 * @throws ArgumentError if x is no image of floats, if the mode is unknown, or if `padding` is no integer or further
 * than the mode can reach.
 */
export function pad2d(x: Tensor, padding: number, mode: PaddingMode = 'zero'): Tensor {
  checkFloat('pad2d', 'x', x);
  checkShape('pad2d', 'x', x.shape, [null, null, null, null], 'Images are [batch, height, width, channels]');
  checkOneOf('pad2d', 'mode', mode, PADDING_MODES);
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const reach = mode === 'zero' ? MOST_PADDING : Math.min(h, w) - (mode === 'reflect' ? 1 : 0);
  if (!Number.isInteger(padding) || padding < 0 || padding > reach) {
    throw new ArgumentError(
      'pad2d',
      'padding',
      showValue(padding),
      `an integer from 0 to ${reach} to ${mode} in ${showShape(x.shape)}`,
    );
  }
  if (padding === 0) return x;
  const y = empty(x.gpu, [n, h + 2 * padding, w + 2 * padding, c], floatTypeOf(x));
  launch('pad/border', padBorder, y, x, { height: h, width: w, padding, mode });
  return track('pad2d', y, [x], (g) => [pad2dAdjoint(g, padding, mode)]);
}

/**
 * The gradient of {@link pad2d}: dx[q] = Σ dy[p] over the padded pixels p that were read from pixel q.
 *
 * Shapes [N, H + 2·padding, W + 2·padding, C] → [N, H, W, C].
 *
 * @throws ArgumentError if dy is not of floats.
 */
export function pad2dAdjoint(dy: Tensor, padding: number, mode: PaddingMode): Tensor {
  if (padding === 0) return dy;
  const [n, paddedH, paddedW, c] = dy.shape as [number, number, number, number];
  const [height, width] = [paddedH - 2 * padding, paddedW - 2 * padding];
  checkFloat('pad2dAdjoint', 'dy', dy);
  const dx = empty(dy.gpu, [n, height, width, c], floatTypeOf(dy));
  launch('pad/adjoint', padAdjoint, dx, dy, { height, width, padding, mode });
  return track('pad2dAdjoint', dx, [dy], (g) => [pad2d(g, padding, mode)]);
}

/** The sizes of a padding. */
interface Border {
  /** Of the image without its padding. */
  readonly height: number;
  readonly width: number;
  readonly padding: number;
  readonly mode: PaddingMode;
}

/** Launches a kernel that computes all channels of every pixel of `out`. */
function launch(name: string, kernel: string, out: Tensor, from: Tensor, border: Border): void {
  const { height, width, padding, mode } = border;
  const type = floatTypeOf(out);
  const channels = out.shape[3] as number;
  const vectorWidth = channels % 4 === 0 ? 4 : 1;
  const groups = channels / vectorWidth;
  const perThread = out.gpu.adapter.software ? 1 : (PER_THREAD.find((n) => groups % n === 0) as number);
  const [workgroup, size] = [workgroupFor(out.gpu), out.size / vectorWidth / perThread];
  out.gpu.dispatch({
    program: {
      name,
      enables: enablesOf(type),
      aliases: { V: computed(vectorWidth), S: stored(type, vectorWidth) },
      constants: {
        ...{ WG: workgroup, H: height, W: width, P: padding, SIZE: size },
        ...{ GROUPS: groups, THREADS: groups / perThread, PER_THREAD: perThread },
      },
      parts: [borderCode(mode), kernel],
    },
    buffers: [out.buffer, from.buffer],
    grid: linearGrid(Math.ceil(size / workgroup)),
  });
}
