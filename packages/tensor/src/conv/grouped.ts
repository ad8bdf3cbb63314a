/** @file Grouped and depthwise convolutions. */
import { i32, linearGrid } from '@visage/gpu';
import { convDepthwise, convGrouped } from '@visage/kernels';
import { WORKGROUP } from '../core/passes.ts';
import type { Shape } from '../core/shape.ts';
import { enablesOf, stored } from '../core/storage.ts';
import { empty, type Tensor } from '../core/tensor.ts';
import { activated } from '../elementwise/activation.ts';
import { cast } from '../elementwise/cast.ts';
import { finisher } from '../gemm/epilogue.ts';
import { type Finish, type GemmType, gemmType } from '../gemm/problem.ts';
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

/** Bias and activation of a convolution with groups. */
type GroupedFinish = Pick<Finish, 'bias' | 'activation'>;

/** y = x ⋆ w with groups, finished, in the type of x and w; see kernels/conv/grouped.wgsl and depthwise.wgsl. */
export function groupedForward(g: ConvGeometry, x: Tensor, w: Tensor, finish: GroupedFinish): Tensor {
  if (g.groups === g.channelsIn && g.channelsOut === g.channelsIn && g.channelsIn % 4 === 0)
    return depthwiseForward(g, x, w, finish);
  const y = launch('grouped', 0, g, [x, w], yShape(g), gemmType(x));
  const { bias, activation } = finish;
  return activated(bias ? y.add(cast(bias.detach(), y.dtype)) : y, activation);
}

/** The same where every channel is a group of its own and channels come in fours. */
function depthwiseForward(g: ConvGeometry, x: Tensor, w: Tensor, finish: GroupedFinish): Tensor {
  const type = gemmType(x);
  const out = empty(x.gpu, yShape(g), type);
  const { code, buffers } = finisher(g.channelsOut, finish, 3);
  const constants = { H: g.height, W: g.width, OH: g.outHeight, OW: g.outWidth, KH: g.kernelHeight, KW: g.kernelWidth };
  x.gpu.dispatch({
    program: {
      name: 'conv/depthwise',
      enables: enablesOf(type),
      aliases: { S4: stored(type, 4) },
      constants: {
        ...constants,
        ...{ WG: WORKGROUP, SIZE: out.size / 4, GROUPS: g.channelsOut / 4, S: i32(g.stride), P: i32(g.padding) },
        N: g.channelsOut,
      },
      parts: [code, borderCode(g.paddingMode), convDepthwise],
    },
    buffers: [out.buffer, x.buffer, w.buffer, ...buffers],
    grid: linearGrid(Math.ceil(out.size / 4 / WORKGROUP)),
    flops: 2 * out.size * g.kernelHeight * g.kernelWidth,
  });
  return out;
}

/** The gradient of x, for zero padding. */
export const groupedInputGrad = (g: ConvGeometry, dy: Tensor, w: Tensor): Tensor =>
  launch('groupedInputGrad', 1, g, [dy, w], xShape(g), gemmType(dy));

/** The gradient of w, in the type `result`. */
export const groupedWeightGrad = (g: ConvGeometry, x: Tensor, dy: Tensor, result: GemmType): Tensor =>
  launch('groupedWeightGrad', 2, g, [x, dy], wShape(g), result);
