/** @file Grouped and depthwise convolutions. */
import { i32, linearGrid } from '@visage/gpu';
import { convGrouped } from '@visage/kernels';
import { WORKGROUP } from '../core/passes.ts';
import type { Shape } from '../core/shape.ts';
import { empty, type Tensor } from '../core/tensor.ts';
import { cast } from '../elementwise/cast.ts';
import { type GemmType, gemmType } from '../gemm/problem.ts';
import { borderCode, type ConvGeometry, wShape, xShape, yShape } from './geometry.ts';

/** `pass` is PASS of the kernel: which of the three tensors it computes. */
function launch(
  name: string,
  pass: number,
  g: ConvGeometry,
  [first, second]: readonly [Tensor, Tensor],
  shape: Shape,
  result: GemmType,
): Tensor {
  const out = empty(first.gpu, shape, result);
  const half = first.dtype === 'f16' || out.dtype === 'f16';
  first.gpu.dispatch({
    program: {
      name: `conv/${name}`,
      enables: half ? ['f16'] : [],
      aliases: { Stored: first.dtype, Result: out.dtype },
      constants: {
        WG: WORKGROUP,
        SIZE: out.size,
        PASS: pass,
        BATCH: g.batch,
        H: g.height,
        W: g.width,
        OH: g.outHeight,
        OW: g.outWidth,
        KH: g.kernelHeight,
        KW: g.kernelWidth,
        CI: g.channelsIn / g.groups,
        CO: g.channelsOut / g.groups,
        GROUPS: g.groups,
        S: i32(g.stride),
        P: i32(g.padding),
      },
      parts: [borderCode(g.paddingMode), convGrouped],
    },
    buffers: [out.buffer, first.buffer, second.buffer],
    grid: linearGrid(Math.ceil(out.size / WORKGROUP)),
    flops:
      2 *
      g.batch *
      g.outHeight *
      g.outWidth *
      g.channelsOut *
      g.kernelHeight *
      g.kernelWidth *
      (g.channelsIn / g.groups),
  });
  return out;
}

/** y = x ⋆ w + bias with groups, in the type of x and w; see kernels/conv/grouped.wgsl. */
export function groupedForward(g: ConvGeometry, x: Tensor, w: Tensor, bias?: Tensor): Tensor {
  const y = launch('grouped', 0, g, [x, w], yShape(g), gemmType(x));
  return bias ? y.add(cast(bias.detach(), y.dtype)) : y;
}

/** The gradient of x, for zero padding. */
export const groupedInputGrad = (g: ConvGeometry, dy: Tensor, w: Tensor): Tensor =>
  launch('groupedInputGrad', 1, g, [dy, w], xShape(g), gemmType(dy));

/** The gradient of w, in the type `result`. */
export const groupedWeightGrad = (g: ConvGeometry, x: Tensor, dy: Tensor, result: GemmType): Tensor =>
  launch('groupedWeightGrad', 2, g, [x, dy], wShape(g), result);
