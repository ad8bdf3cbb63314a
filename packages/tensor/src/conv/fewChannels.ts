/** @file Convolutions of f16 to at most four channels, the images that a network makes, on subgroup matrices. */
import { type Gpu, i32, linearGrid } from '@visage/gpu';
import { convFewChannels, gemmEpilogueStoreScalar } from '@visage/kernels';
import { nearlyAll } from '../core/passes.ts';
import { empty, type Tensor } from '../core/tensor.ts';
import { unroll } from '../core/unroll.ts';
import { permute } from '../elementwise/shape.ts';
import { finisher } from '../gemm/epilogue.ts';
import { gemm } from '../gemm/launch.ts';
import { type Finish, type GemmType, gemmType } from '../gemm/problem.ts';
import { hasMatrices, MATRIX_SUBGROUP } from '../gemm/subgroupMatrix.ts';
import { borderCode, type ConvGeometry, yShape } from './geometry.ts';
import { im2col } from './implicitGemm.ts';
import { pad2d } from './padding.ts';

const SUBGROUPS = 4; // of a workgroup
const MOST_CHANNELS = 4; // of the result
const SIDE = 16; // of a tile, in pixels

/** Can this kernel compute a pass? `true`, or the reason why not. */
export function fewChannelsSupports(g: ConvGeometry, pass: 'forward' | 'weightGrad', gpu: Gpu): true | string {
  const { batch, height, width, padding, channelsIn, channelsOut, kernelHeight, kernelWidth, stride } = g;
  if (channelsOut > MOST_CHANNELS) return `made for up to ${MOST_CHANNELS} channels out, there are ${channelsOut}`;
  if (stride !== 1) return 'for stride 1';
  if (pass === 'weightGrad') {
    const padded = 2 * batch * (height + 2 * padding) * (width + 2 * padding) * channelsIn;
    const limit = gpu.device.limits.maxStorageBufferBindingSize;
    return padded <= limit ? hasMatrices(gpu) : `its padded image needs ${padded} bytes, a binding takes ${limit}`;
  }
  if (channelsIn % 16 !== 0) return `needs a multiple of 16 channels in, there are ${channelsIn}`;
  const pixels = (SIDE - 1 + kernelHeight) * (SIDE - 1 + kernelWidth);
  const bytes = 16 * (3 * pixels + 32 * kernelHeight * kernelWidth);
  const most = gpu.device.limits.maxComputeWorkgroupStorageSize;
  if (bytes > most) return `needs ${bytes} bytes of workgroup memory, the device has ${most}`;
  return hasMatrices(gpu);
}

/** Is it expected to be the fastest? `true`, or the reason why not. */
export function fewChannelsAdmits(g: ConvGeometry, gpu: Gpu): true | string {
  const tiles = g.batch * Math.ceil(g.outHeight / SIDE) * Math.ceil(g.outWidth / SIDE);
  if (tiles < Math.floor(nearlyAll(gpu) / 2)) return `${tiles} tiles of ${SIDE}x${SIDE} pixels leave processors idle`;
  return g.kernelHeight * g.kernelWidth > 1 || 'a 1x1 kernel reads each pixel once anyway';
}

/** y = x ⋆ w, finished, in f16; see kernels/conv/fewChannels.wgsl. */
export function fewChannelsForward(g: ConvGeometry, x: Tensor, w: Tensor, finish: Finish = {}): Tensor {
  const y = empty(x.gpu, yShape(g), x.dtype);
  const [tilesH, tilesW] = [Math.ceil(g.outHeight / SIDE), Math.ceil(g.outWidth / SIDE)];
  const counts = { KERNEL_W: g.kernelWidth, ROWS: SIDE / SUBGROUPS };
  const { code, buffers } = finisher(g.channelsOut, finish, 3);
  x.gpu.dispatch({
    program: {
      name: 'gemm/conv2dFewChannels',
      enables: ['f16', 'subgroups', 'chromium_experimental_subgroup_matrix'],
      aliases: { StoredC: y.dtype },
      constants: {
        N: g.channelsOut,
        ROWS_OF_C: y.size / g.channelsOut,
        CHANNELS: g.channelsIn,
        KERNEL_H: g.kernelHeight,
        SRC_H: g.height,
        SRC_W: g.width,
        OUT_H: g.outHeight,
        OUT_W: g.outWidth,
        BATCH: g.batch,
        PAD: i32(g.padding),
        SUBGROUPS,
        THREADS: SUBGROUPS * MATRIX_SUBGROUP,
        TILES_H: tilesH,
        TILES_W: tilesW,
        ...counts,
      },
      parts: [
        borderCode(g.paddingMode),
        'fn outRow(m : u32) -> u32 { return m; }',
        gemmEpilogueStoreScalar,
        code,
        unroll(convFewChannels, counts),
      ],
    },
    buffers: [y.buffer, x.buffer, w.buffer, ...buffers],
    grid: linearGrid(g.batch * tilesH * tilesW),
    flops: 2 * y.size * g.kernelHeight * g.kernelWidth * g.channelsIn,
  });
  return y;
}

/**
 * The gradient of the weight, in the type `result`, as a product in which x and dy have changed places:
 *
 *     dw[tap, ci, n] = Σ over padded pixels q of dy[q − tap, n] · x[q, ci]
 *
 * im2col, which reads its image once for each tap, then goes over the few channels of dy, and the many of x fill the
 * tiles of the product.
 */
export function fewChannelsWeightGrad(g: ConvGeometry, x: Tensor, dy: Tensor, result: GemmType): Tensor {
  const { batch, channelsIn, channelsOut, outHeight, outWidth, kernelHeight, kernelWidth, padding, paddingMode } = g;
  const padded = padding === 0 ? x : pad2d(x.detach(), padding, paddingMode);
  const [, height, width] = padded.shape as [number, number, number, number];
  const transposed = gemm(
    x.gpu,
    {
      name: 'conv2dWeightGrad',
      m: kernelHeight * kernelWidth * channelsOut,
      n: channelsIn,
      k: batch * height * width,
      operands: gemmType(x),
      result,
      aContiguousAlong: 'm',
      ...im2col(
        {
          source: { height: outHeight, width: outWidth, channels: channelsOut },
          pixels: [height, width],
          tapsWide: kernelWidth,
          taps: kernelHeight * kernelWidth,
          stride: 1,
          direction: -1,
          origin: 'vec2i(0)',
          paddingMode: 'zero',
        },
        'tap',
      ),
      a: dy.buffer,
      b: padded.buffer,
    },
    [kernelHeight, kernelWidth, channelsOut, channelsIn],
  );
  return permute(transposed, [0, 1, 3, 2]);
}
