import { ArgumentError, checkOneOf, linearGrid, showValue } from '@visage/gpu';
import { padAdjoint, padBorder } from '@visage/kernels';
import { track } from '../core/autograd.ts';
import { workgroupFor } from '../core/passes.ts';
import { checkShape, showShape } from '../core/shape.ts';
import { checkFloat, computed, enablesOf, floatTypeOf, stored } from '../core/storage.ts';
import { empty, type Tensor } from '../core/tensor.ts';
import { BORDER } from './border.ts';
import { PADDING_MODES, type PaddingMode } from './geometry.ts';

const MOST_PADDING = 32767; // indices of pixels are 32-bit integers in kernels, and no image is so large
const PER_THREAD = [4, 2, 1]; // channel groups that share one pixel's index arithmetic

/**
 * Adds `padding` pixels on every side of an image: zeros, the mirror image without the edge pixel, or the edge pixel again.
 *
 * Shapes [N, H, W, C] → [N, H + 2·padding, W + 2·padding, C].
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

/** The gradient of {@link pad2d}: adds every padded pixel to the pixel that it was read from. */
export function pad2dAdjoint(dy: Tensor, padding: number, mode: PaddingMode): Tensor {
  if (padding === 0) return dy;
  const [n, paddedH, paddedW, c] = dy.shape as [number, number, number, number];
  const [height, width] = [paddedH - 2 * padding, paddedW - 2 * padding];
  checkFloat('pad2dAdjoint', 'dy', dy);
  const dx = empty(dy.gpu, [n, height, width, c], floatTypeOf(dy));
  launch('pad/adjoint', padAdjoint, dx, dy, { height, width, padding, mode });
  return track('pad2dAdjoint', dx, [dy], (g) => [pad2d(g, padding, mode)]);
}

interface Border {
  /** Of the image without its border. */
  readonly height: number;
  readonly width: number;
  readonly padding: number;
  readonly mode: PaddingMode;
}

/** Launches a kernel with invocations for every pixel of `out`. */
function launch(name: string, kernel: string, out: Tensor, from: Tensor, border: Border): void {
  const { height, width, padding, mode } = border;
  const type = floatTypeOf(out);
  const channels = out.shape[3] as number;
  const lanes = channels % 4 === 0 ? 4 : 1;
  const groups = channels / lanes;
  const perThread = out.gpu.adapter.software ? 1 : (PER_THREAD.find((n) => groups % n === 0) as number);
  const [workgroup, size] = [workgroupFor(out.gpu), out.size / lanes / perThread];
  out.gpu.dispatch({
    program: {
      name,
      enables: enablesOf(type),
      aliases: { V: computed(lanes), S: stored(type, lanes) },
      constants: {
        ...{ WG: workgroup, H: height, W: width, P: padding, SIZE: size },
        ...{ GROUPS: groups, THREADS: groups / perThread, PER_THREAD: perThread },
      },
      parts: [`fn border(at : i32, extent : i32) -> i32 { ${BORDER[mode]} }`, kernel],
    },
    buffers: [out.buffer, from.buffer],
    grid: linearGrid(Math.ceil(size / workgroup)),
  });
}
