import { type GpuBuffer, i32 } from '@visage/gpu';
import { gemmLoadIm2col, gemmLoadIm2colScalar } from '@visage/kernels';
import { empty, type Tensor } from '../core/tensor.ts';
import { type Activation, activationCode } from '../elementwise/activation.ts';
import { permute } from '../elementwise/shape.ts';
import type { Tail } from '../gemm/epilogue.ts';
import { gemmType } from '../gemm/half.ts';
import { gemm, gemmInto } from '../gemm/launch.ts';
import type { Across, GemmProblem, GemmType } from '../gemm/problem.ts';
import { BORDER } from './border.ts';
import { type ConvGeometry, type PaddingMode, wShape, xShape, yShape } from './geometry.ts';

/** What a convolution does to its sums before it writes them, in this order. */
export interface ConvFinish {
  /** f32, one value per channel. */
  readonly bias?: Tensor;
  readonly activation?: Activation;
  readonly tail?: Tail;
}

/** The same for sums of `n` channels, as products and other kernels finish them. */
export const finishOf = ({ bias, activation, tail }: ConvFinish) => ({
  bias: bias?.buffer,
  activation: activation && activationCode(activation, 'v'),
  tail,
});

/** The walk of im2col over a source image; see kernels/gemm/load/im2col.wgsl. */
export interface Window {
  readonly source: { readonly height: number; readonly width: number; readonly channels: number };
  readonly pixels: readonly [number, number];
  readonly tapsWide: number;
  readonly taps: number;
  readonly stride: number;
  readonly direction: 1 | -1;
  /** WGSL of the source row and column that pixel (0, 0) and tap (0, 0) meet, a vec2i. */
  readonly origin: string;
  readonly paddingMode: PaddingMode;
}

/** What a row of A is, and what k runs over: the loader's interface over the functions of kernels/gemm/load/im2col.wgsl. */
const ROWS_OF_A = {
  pixel: `alias RowA = Pixel;
alias StepA = Tap;
fn rowA(m : u32) -> RowA { return pixelOf(m); }
fn stepA(k : u32) -> StepA { return tapOf(k); }
fn loadA(row : RowA, step : StepA) -> LoadedA { return sample(row, step); }`,
  tap: `alias RowA = Tap;
alias StepA = Pixel;
fn rowA(m : u32) -> RowA { return tapOf(min(m, M - 1u)); }
fn stepA(k : u32) -> StepA { return pixelOf(k); }
fn loadA(row : RowA, step : StepA) -> LoadedA { return sample(step, row); }`,
} as const;

/** The loader of A that walks a source image through a window, and what it asks for. */
export function im2col(
  window: Window,
  by: 'pixel' | 'tap',
): Pick<GemmProblem, 'loaderA' | 'runA' | 'imageWalk' | 'constants'> {
  const { source } = window;
  const loader = source.channels % 4 === 0 ? gemmLoadIm2col : gemmLoadIm2colScalar;
  return {
    runA: source.channels,
    imageWalk: by === 'pixel' ? 'byPixel' : 'byTap',
    loaderA: [
      `fn origin() -> vec2i { return ${window.origin}; }`,
      `fn border(at : i32, extent : i32) -> i32 { ${BORDER[window.paddingMode]} }`,
      loader,
      ROWS_OF_A[by],
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
  origin: `vec2i(${-g.padding})`,
  paddingMode: g.paddingMode,
});

/** y[pixel, co] = Σ over (tap, ci) of x[pixel ⊕ tap, ci] · w[tap, ci, co], finished, in the type of x and w. */
export function implicitForward(g: ConvGeometry, x: Tensor, w: Tensor, finish: ConvFinish = {}): Tensor {
  return gemm(
    x.gpu,
    {
      name: 'conv2d',
      m: g.batch * g.outHeight * g.outWidth,
      n: g.channelsOut,
      k: g.kernelHeight * g.kernelWidth * g.channelsIn,
      operands: gemmType(x),
      result: gemmType(x),
      aContiguousAlong: 'k',
      ...im2col(forwardWindow(g), 'pixel'),
      a: x.buffer,
      b: w.buffer,
      ...finishOf(finish),
    },
    yShape(g),
  );
}

/** How a subgroup hands the pixels of a step round; see GemmProblem.shareStep. */
export const SHARE_PIXEL =
  'return Pixel(subgroupShuffle(step.image, lane), subgroupShuffle(step.row, lane), subgroupShuffle(step.column, lane));';

/** dw[tap, ci, co] = Σ over pixels of x[pixel ⊕ tap, ci] · dy[pixel, co], in the type that the weight has. */
export function implicitWeightGrad(g: ConvGeometry, x: Tensor, dy: Tensor, result: GemmType = 'f32'): Tensor {
  return gemm(
    x.gpu,
    {
      name: 'conv2dWeightGrad',
      m: g.kernelHeight * g.kernelWidth * g.channelsIn,
      n: g.channelsOut,
      k: g.batch * g.outHeight * g.outWidth,
      operands: gemmType(x),
      result,
      aContiguousAlong: 'm',
      ...im2col(forwardWindow(g), 'tap'),
      shareStep: SHARE_PIXEL,
      a: x.buffer,
      b: dy.buffer,
    },
    wShape(g),
  );
}

/** One axis of the transposed window for the input pixels of one parity: how many there are, and how many taps they meet. */
function parityAxis(parity: number, extent: number, kernel: number, g: ConvGeometry) {
  const first = (parity + g.padding) % g.stride;
  return {
    pixels: Math.max(0, Math.ceil((extent - parity) / g.stride)),
    taps: Math.max(0, Math.ceil((kernel - first) / g.stride)),
  };
}

/**
 * dx[pixel, ci] = Σ over (tap, co) of dy[pixel ⊖ tap, co] · w[tap, ci, co], for zero padding.
 *
 * With stride s, input pixels fall into s² parity classes; each meets its own subset of taps, so no product with an inserted zero is formed. Where s divides the
 * extents of image and kernel all classes are of one shape, and one launch computes them.
 */
export function implicitInputGrad(g: ConvGeometry, dy: Tensor, w: Tensor, tail?: Tail): Tensor {
  let rows: GpuBuffer | undefined;
  const across: Across = {
    inner: g.channelsOut,
    asRows: () => {
      if (!rows || !dy.gpu.holds(rows)) rows = permute(w.detach(), [0, 1, 3, 2]).buffer; // [kh, kw, co, ci]
      return rows;
    },
  };
  const operands = { operands: gemmType(dy), result: gemmType(dy), a: dy.buffer, b: w.buffer, across, tail };
  const classes = g.stride ** 2;
  if ([g.height, g.width, g.kernelHeight, g.kernelWidth].every((extent) => extent % g.stride === 0))
    return gemm(dy.gpu, { ...parityProblem(g, 0, classes), ...operands }, xShape(g));
  const dx = empty(dy.gpu, xShape(g), dy.dtype);
  for (let first = 0; first < classes; first++) {
    const problem = parityProblem(g, first, 1);
    if (problem.m > 0) gemmInto(dy.gpu, { ...problem, ...operands }, dx);
  }
  return dx;
}

/** The product for the input pixels of parity class `first` (row parity · stride + column parity) and `items` − 1 like it that follow. */
function parityProblem(g: ConvGeometry, first: number, items: number): Omit<GemmProblem, 'a' | 'b'> {
  const { stride: s, padding, channelsOut: co } = g;
  const h = parityAxis(Math.floor(first / s), g.height, g.kernelHeight, g);
  const v = parityAxis(first % s, g.width, g.kernelWidth, g);
  const [rowParity, columnParity] = [`((${first}u + item) / ${s}u)`, `((${first}u + item) % ${s}u)`];
  const window: Window = {
    source: { height: g.outHeight, width: g.outWidth, channels: co },
    pixels: [h.pixels, v.pixels],
    tapsWide: v.taps,
    taps: h.taps * v.taps,
    stride: 1,
    direction: -1,
    // Input row of pixel p: parity + s · p. Its taps are first + s · j, and tap j meets output row p + origin − j.
    origin: `vec2i((vec2u(${rowParity}, ${columnParity}) + ${padding}u) / ${s}u)`,
    paddingMode: 'zero',
  };
  const problem = {
    name: 'conv2dInputGrad',
    m: g.batch * h.pixels * v.pixels,
    n: g.channelsIn,
    k: h.taps * v.taps * co,
    aContiguousAlong: 'k' as const,
    ...im2col(window, 'pixel'),
  };
  if (s === 1) return problem;
  const tapAt = (parity: string, j: string) => `(${parity} + ${padding}u) % ${s}u + ${s}u * (${j})`;
  return {
    ...problem,
    items,
    rowOfB: [
      `let tap = k / ${co}u;`,
      `let row = ${tapAt(rowParity, 'tap / TAPS_W')};`,
      `let column = ${tapAt(columnParity, 'tap % TAPS_W')};`,
      `return (row * ${g.kernelWidth}u + column) * ${co}u + k % ${co}u;`,
    ].join(' '),
    outRow: [
      `let row = ${rowParity} + ${s}u * ((m / ${v.pixels}u) % ${h.pixels}u);`,
      `let column = ${columnParity} + ${s}u * (m % ${v.pixels}u);`,
      `return ((m / ${h.pixels * v.pixels}u) * ${g.height}u + row) * ${g.width}u + column;`,
    ].join(' '),
  };
}
