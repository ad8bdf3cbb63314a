import { ArgumentError, linearGrid } from '@visage/gpu';
import { padAdjoint } from '@visage/kernels';
import { track } from '../autograd.ts';
import { BORDER } from '../gemm/border.ts';
import { workgroupFor } from '../passes.ts';
import { checkShape, showShape } from '../shape.ts';
import { checkFloat, computed, enablesOf, floatTypeOf, stored } from '../storage.ts';
import { empty, type Tensor } from '../tensor.ts';
import type { PaddingMode } from './convGeometry.ts';
import { gather } from './shape.ts';

const PER_THREAD = [4, 2, 1]; // channel groups that share one pixel's index arithmetic

/**
 * Adds `padding` pixels on every side of an image: zeros, the mirror image without the edge pixel, or the edge pixel again.
 *
 * Shapes [N, H, W, C] → [N, H + 2·padding, W + 2·padding, C].
 */
export function pad2d(x: Tensor, padding: number, mode: PaddingMode = 'zero'): Tensor {
  checkShape('pad2d', 'x', x.shape, [null, null, null, null]);
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const reach = mode === 'zero' ? Number.POSITIVE_INFINITY : Math.min(h, w) - (mode === 'reflect' ? 1 : 0);
  if (!Number.isInteger(padding) || padding < 0 || padding > reach) {
    throw new ArgumentError(
      'pad2d',
      'padding',
      String(padding),
      `an integer from 0 to ${reach} to ${mode} in ${showShape(x.shape)}`,
    );
  }
  if (padding === 0) return x;
  const shape = [n, h + 2 * padding, w + 2 * padding, c];
  const axis = (extent: number, index: string) => `border(i32(${index}) - ${padding}, ${extent})`;
  const source = [
    `let row = ${axis(h, `(i / ${c * (shape[2] as number)}u) % ${shape[1]}u`)};`,
    `let column = ${axis(w, `(i / ${c}u) % ${shape[2]}u`)};`,
    `if (u32(row) >= ${h}u || u32(column) >= ${w}u) { return OUTSIDE; }`,
    `return ((i / ${c * (shape[1] as number) * (shape[2] as number)}u * ${h}u + u32(row)) * ${w}u + u32(column)) * ${c}u + i % ${c}u;`,
  ].join('\n  ');
  const out = gather('pad2d', x, shape, source, `fn border(at : i32, extent : i32) -> i32 { ${BORDER[mode]} }`);
  return track('pad2d', out, [x], (g) => [pad2dAdjoint(g, padding, mode)]);
}

/** The gradient of {@link pad2d}: adds every padded pixel to the pixel that it was read from. */
export function pad2dAdjoint(dy: Tensor, padding: number, mode: PaddingMode): Tensor {
  if (padding === 0) return dy;
  const [n, paddedH, paddedW, c] = dy.shape as [number, number, number, number];
  const [h, w] = [paddedH - 2 * padding, paddedW - 2 * padding];
  checkFloat('pad2dAdjoint', 'dy', dy);
  const type = floatTypeOf(dy);
  const dx = empty(dy.gpu, [n, h, w, c], type);
  const lanes = c % 4 === 0 ? 4 : 1;
  const groups = c / lanes;
  const perThread = dy.gpu.adapter.software ? 1 : (PER_THREAD.find((n) => groups % n === 0) as number);
  const [workgroup, size] = [workgroupFor(dy.gpu), dx.size / lanes / perThread];
  dy.gpu.dispatch({
    program: {
      name: 'pad/adjoint',
      enables: enablesOf(type),
      aliases: { V: computed(lanes), S: stored(type, lanes) },
      constants: {
        ...{ WG: workgroup, H: h, W: w, P: padding, SIZE: size },
        ...{ GROUPS: groups, THREADS: groups / perThread, PER_THREAD: perThread },
      },
      parts: [`fn border(at : i32, extent : i32) -> i32 { ${BORDER[mode]} }`, padAdjoint],
    },
    buffers: [dx.buffer, dy.buffer],
    grid: linearGrid(Math.ceil(size / workgroup)),
  });
  return track('pad2dAdjoint', dx, [dy], (h2) => [pad2d(h2, padding, mode)]);
}
