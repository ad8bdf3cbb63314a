import { type Gpu, i32, linearGrid } from '@visage/gpu';
import { gemmEpilogueStoreScalar, gemmNarrow } from '@visage/kernels';
import { nearlyAll } from '../core/passes.ts';
import { empty, type Tensor } from '../core/tensor.ts';
import { unroll } from '../core/unroll.ts';
import { permute } from '../elementwise/shape.ts';
import { finisher } from '../gemm/epilogue.ts';
import { gemmType } from '../gemm/half.ts';
import { gemm } from '../gemm/launch.ts';
import type { GemmType } from '../gemm/problem.ts';
import { hasMatrices, MATRIX_SUBGROUP } from '../gemm/subgroupMatrix.ts';
import { BORDER } from './border.ts';
import { type ConvGeometry, yShape } from './geometry.ts';
import { type ConvFinish, finishOf, im2col, SHARE_PIXEL } from './implicitGemm.ts';
import { pad2d } from './padding.ts';

const WARPS = 4;
const MOST_CHANNELS = 4;
const SIDE = 16; // of a tile, in pixels

/** What both passes are written for. */
export function narrowIsAble(g: ConvGeometry, pass: 'forward' | 'weightGrad', gpu: Gpu): true | string {
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

/** Whether it pays. */
export function narrowPays(g: ConvGeometry, gpu: Gpu): true | string {
  const tiles = g.batch * Math.ceil(g.outHeight / SIDE) * Math.ceil(g.outWidth / SIDE);
  if (tiles < Math.floor(nearlyAll(gpu) / 2)) return `${tiles} tiles of ${SIDE}x${SIDE} pixels leave processors idle`;
  return g.kernelHeight * g.kernelWidth > 1 || 'a 1x1 kernel reads each pixel once anyway';
}

/** A convolution of halves to a few channels; see kernels/gemm/narrow.wgsl. */
export function narrowForward(g: ConvGeometry, x: Tensor, w: Tensor, finish: ConvFinish = {}): Tensor {
  const y = empty(x.gpu, yShape(g), x.dtype);
  const [tilesH, tilesW] = [Math.ceil(g.outHeight / SIDE), Math.ceil(g.outWidth / SIDE)];
  const counts = { KERNEL_W: g.kernelWidth, ROWS: SIDE / WARPS };
  const { code, buffers } = finisher({ n: g.channelsOut, ...finishOf(finish) }, 3);
  x.gpu.dispatch({
    program: {
      name: 'gemm/conv2dNarrow',
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
        WARPS,
        THREADS: WARPS * MATRIX_SUBGROUP,
        TILES_H: tilesH,
        TILES_W: tilesW,
        ...counts,
      },
      parts: [
        `fn border(at : i32, extent : i32) -> i32 { ${BORDER[g.paddingMode]} }`,
        'fn outRow(m : u32) -> u32 { return m; }',
        gemmEpilogueStoreScalar,
        code,
        unroll(gemmNarrow, counts),
      ],
    },
    buffers: [y.buffer, x.buffer, w.buffer, ...buffers],
    grid: linearGrid(g.batch * tilesH * tilesW),
    flops: 2 * y.size * g.kernelHeight * g.kernelWidth * g.channelsIn,
  });
  return y;
}

/**
 * The gradient of its weight, with x and dy in each other's place:
 *
 *     dw[tap, ci, n] = Σ over padded pixels q of dy[q − tap, n] · x[q, ci]
 *
 * so that the few channels, read once per tap, are those of dy, and a tile of the product is filled by the many of x.
 */
export function narrowWeightGrad(g: ConvGeometry, x: Tensor, dy: Tensor, result: GemmType): Tensor {
  const { batch, channelsIn, channelsOut, outHeight, outWidth, kernelHeight, kernelWidth, padding, paddingMode } = g;
  const padded = padding === 0 ? x : pad2d(x.detach(), padding, paddingMode);
  const [, height, width] = padded.shape as [number, number, number, number];
  const across = gemm(
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
      shareStep: SHARE_PIXEL,
      a: dy.buffer,
      b: padded.buffer,
    },
    [kernelHeight, kernelWidth, channelsOut, channelsIn],
  );
  return permute(across, [0, 1, 3, 2]);
}
