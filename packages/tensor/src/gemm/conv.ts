import { type Constant, i32 } from '@visage/gpu';
import { gemmLoadByPixel, gemmLoadByTap, gemmLoadIm2col, gemmLoadIm2colScalar } from '@visage/kernels';
import { type ConvGeometry, type PaddingMode, wShape, xShape, yShape } from '../ops/convGeometry.ts';
import { permute } from '../ops/shape.ts';
import { empty, type Tensor } from '../tensor.ts';
import { BORDER } from './border.ts';
import { gemm, gemmInto } from './launch.ts';

/** The walk of im2col over a source image; see kernels/gemm/load/im2col.wgsl. */
interface Window {
  readonly source: { readonly height: number; readonly width: number; readonly channels: number };
  readonly pixels: readonly [number, number];
  readonly tapsWide: number;
  readonly taps: number;
  readonly stride: number;
  readonly direction: 1 | -1;
  readonly origin: readonly [number, number];
  readonly paddingMode: PaddingMode;
}

function im2col(window: Window, by: 'pixel' | 'tap'): { loaderA: string[]; constants: Record<string, Constant> } {
  const { source } = window;
  const loader = source.channels % 4 === 0 ? gemmLoadIm2col : gemmLoadIm2colScalar;
  return {
    loaderA: [
      `fn border(at : i32, extent : i32) -> i32 { ${BORDER[window.paddingMode]} }`,
      loader,
      by === 'pixel' ? gemmLoadByPixel : gemmLoadByTap,
    ],
    constants: {
      SRC_H: source.height,
      SRC_W: source.width,
      CHANNELS: source.channels,
      PIXELS_H: window.pixels[0],
      PIXELS_W: window.pixels[1],
      TAPS_W: Math.max(1, window.tapsWide),
      TAP_COUNT: window.taps * source.channels,
      STRIDE: i32(window.stride),
      DIRECTION: i32(window.direction),
      ORIGIN_H: i32(window.origin[0]),
      ORIGIN_W: i32(window.origin[1]),
    },
  };
}

/** The window that a forward convolution slides over x; the weight gradient walks the same one. */
const forwardWindow = (g: ConvGeometry): Window => ({
  source: { height: g.height, width: g.width, channels: g.channelsIn },
  pixels: [g.outHeight, g.outWidth],
  tapsWide: g.kernelWidth,
  taps: g.kernelHeight * g.kernelWidth,
  stride: g.stride,
  direction: 1,
  origin: [-g.padding, -g.padding],
  paddingMode: g.paddingMode,
});

/** y[pixel, co] = Σ over (tap, ci) of x[pixel ⊕ tap, ci] · w[tap, ci, co] + bias[co]. */
export function convForward(g: ConvGeometry, x: Tensor, w: Tensor, bias?: Tensor): Tensor {
  return gemm(
    x.gpu,
    {
      name: 'conv2d',
      m: g.batch * g.outHeight * g.outWidth,
      n: g.channelsOut,
      k: g.kernelHeight * g.kernelWidth * g.channelsIn,
      aContiguousAlong: 'k',
      ...im2col(forwardWindow(g), 'pixel'),
      a: x.buffer,
      b: w.buffer,
      bias: bias?.buffer,
    },
    yShape(g),
  );
}

/** dw[tap, ci, co] = Σ over pixels of x[pixel ⊕ tap, ci] · dy[pixel, co]. */
export function convWeightGrad(g: ConvGeometry, x: Tensor, dy: Tensor): Tensor {
  return gemm(
    x.gpu,
    {
      name: 'conv2dWeightGrad',
      m: g.kernelHeight * g.kernelWidth * g.channelsIn,
      n: g.channelsOut,
      k: g.batch * g.outHeight * g.outWidth,
      aContiguousAlong: 'm',
      ...im2col(forwardWindow(g), 'tap'),
      a: x.buffer,
      b: dy.buffer,
    },
    wShape(g),
  );
}

/** One axis of the transposed window for the input pixels of one parity: pixel = parity + stride · p meets taps first + stride · j. */
function parityAxis(parity: number, extent: number, kernel: number, g: ConvGeometry) {
  const first = (parity + g.padding) % g.stride;
  return {
    pixels: Math.ceil((extent - parity) / g.stride),
    first,
    taps: Math.max(0, Math.ceil((kernel - first) / g.stride)),
    // output row of tap j at pixel p: p + origin − j
    origin: (parity + g.padding - first) / g.stride,
  };
}

/**
 * dx[pixel, ci] = Σ over (tap, co) of dy[pixel ⊖ tap, co] · w[tap, ci, co], for zero padding.
 *
 * With stride s, input pixels fall into s² parity classes; each meets its own subset of taps, so no product with an inserted zero is formed.
 */
export function convInputGrad(g: ConvGeometry, dy: Tensor, w: Tensor): Tensor {
  const dx = g.stride === 1 ? undefined : empty(dy.gpu, xShape(g));
  const transposed = permute(w.detach(), [0, 1, 3, 2]); // [kh, kw, co, ci]: rows of B contiguous along ci
  for (let parityH = 0; parityH < Math.min(g.stride, g.height); parityH++) {
    for (let parityW = 0; parityW < Math.min(g.stride, g.width); parityW++) {
      const h = parityAxis(parityH, g.height, g.kernelHeight, g);
      const v = parityAxis(parityW, g.width, g.kernelWidth, g);
      const window: Window = {
        source: { height: g.outHeight, width: g.outWidth, channels: g.channelsOut },
        pixels: [h.pixels, v.pixels],
        tapsWide: v.taps,
        taps: h.taps * v.taps,
        stride: 1,
        direction: -1,
        origin: [h.origin, v.origin],
        paddingMode: 'zero',
      };
      const problem = {
        name: 'conv2dInputGrad',
        m: g.batch * h.pixels * v.pixels,
        n: g.channelsIn,
        k: h.taps * v.taps * g.channelsOut,
        aContiguousAlong: 'k' as const,
        ...im2col(window, 'pixel'),
        a: dy.buffer,
        b: transposed.buffer,
      };
      if (!dx) return gemm(dy.gpu, problem, xShape(g));
      const co = `${g.channelsOut}u`;
      gemmInto(
        dy.gpu,
        {
          ...problem,
          rowOfB: `let tap = k / ${co}; let row = ${h.first}u + ${g.stride}u * (tap / TAPS_W); let column = ${v.first}u + ${g.stride}u * (tap % TAPS_W); return (row * ${g.kernelWidth}u + column) * ${co} + k % ${co};`,
          outRow: `let column = ${parityW}u + ${g.stride}u * (m % ${v.pixels}u); let row = ${parityH}u + ${g.stride}u * ((m / ${v.pixels}u) % ${h.pixels}u); return ((m / ${h.pixels * v.pixels}u) * ${g.height}u + row) * ${g.width}u + column;`,
        },
        dx,
      );
    }
  }
  return dx as Tensor;
}
