/**
 * @file The three products of a convolution as matrix products whose A is an image seen through im2col, which is never
 * stored.
 */
import { type GpuBuffer, i32 } from '@visage/gpu';
import { gemmLoadIm2col, gemmLoadIm2colScalar } from '@visage/kernels';
import { empty, type Tensor } from '../core/tensor.ts';
import { permute } from '../elementwise/shape.ts';
import { gemm, gemmInto } from '../gemm/launch.ts';
import { type Finish, type GemmProblem, type GemmType, gemmType, type TransposedB } from '../gemm/problem.ts';
import { borderCode, type ConvGeometry, type PaddingMode, wShape, xShape, yShape } from './geometry.ts';

/**
 * The pixels and taps of im2col over a source image: pixel (r, c) and tap (i, j) meet source row r · stride + origin
 * row + direction · i, columns alike. See kernels/gemm/load/im2col.wgsl.
 */
export interface Window {
  readonly source: { readonly height: number; readonly width: number; readonly channels: number };
  /** Rows and columns of pixels. */
  readonly pixels: readonly [number, number];
  /** Taps in a row of the kernel. */
  readonly tapsWide: number;
  readonly taps: number;
  readonly stride: number;
  readonly direction: 1 | -1;
  /** WGSL of the source row and column where pixel (0, 0) and tap (0, 0) meet, a vec2i. */
  readonly origin: string;
  readonly paddingMode: PaddingMode;
}

/**
 * WGSL that makes a loader of A out of kernels/gemm/load/im2col.wgsl: rows of A are pixels and k runs over taps, or the
 * other way round.
 */
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

/** WGSL that shuffles a StepA that is a pixel; see GemmProblem.shuffleStep. */
const SHUFFLE_PIXEL = [
  'let image = subgroupShuffle(step.image, thread);',
  'return Pixel(image, subgroupShuffle(step.row, thread), subgroupShuffle(step.column, thread));',
].join(' ');

/** The loader of A that reads a source image through a window, with rows `by` pixels or taps, and what it needs. */
export function im2col(
  window: Window,
  by: 'pixel' | 'tap',
): Pick<GemmProblem, 'loaderA' | 'runA' | 'imageWalk' | 'shuffleStep' | 'constants'> {
  const { source } = window;
  const loader = source.channels % 4 === 0 ? gemmLoadIm2col : gemmLoadIm2colScalar;
  return {
    runA: source.channels,
    ...(by === 'pixel' ? { imageWalk: 'byPixel' } : { imageWalk: 'byTap', shuffleStep: SHUFFLE_PIXEL }),
    loaderA: [
      `fn origin() -> vec2i { return ${window.origin}; }`,
      borderCode(window.paddingMode),
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

/** The window of a forward convolution over x, and of the weight gradient. */
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
export function implicitForward(g: ConvGeometry, x: Tensor, w: Tensor, finish: Finish = {}): Tensor {
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
      finish,
    },
    yShape(g),
  );
}

/** dw[tap, ci, co] = Σ over pixels of x[pixel ⊕ tap, ci] · dy[pixel, co], in the type `result`. */
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
      a: x.buffer,
      b: dy.buffer,
    },
    wShape(g),
  );
}

/**
 * One axis of the transposed window for input pixels of one parity (coordinate mod stride): their number, and that of
 * the taps that meet them.
 */
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
 * With stride s, input pixels fall into s² parity classes (row mod s, column mod s). Each class meets a subset of the
 * taps of its own, so that no product with a zero between strides is computed. If s divides the extents of image and
 * kernel, all classes have one shape and are the batch of one launch; else each class is a launch.
 */
export function implicitInputGrad(g: ConvGeometry, dy: Tensor, w: Tensor, finish: Finish = {}): Tensor {
  let rows: GpuBuffer | undefined;
  const transposedB: TransposedB = {
    inner: g.channelsOut,
    asRows: () => {
      if (!rows || !dy.gpu.holds(rows)) rows = permute(w.detach(), [0, 1, 3, 2]).buffer; // [kh, kw, co, ci]
      return rows;
    },
  };
  const operands = { operands: gemmType(dy), result: gemmType(dy), a: dy.buffer, b: w.buffer, transposedB, finish };
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

/**
 * The product for the input pixels of the parity classes `first` … `first` + `batch` − 1; class = row parity · stride +
 * column parity.
 */
function parityProblem(g: ConvGeometry, first: number, batch: number): Omit<GemmProblem, 'a' | 'b'> {
  const { stride: s, padding, channelsOut: co } = g;
  const h = parityAxis(Math.floor(first / s), g.height, g.kernelHeight, g);
  const v = parityAxis(first % s, g.width, g.kernelWidth, g);
  const [rowParity, columnParity] = [`((${first}u + batchIndex) / ${s}u)`, `((${first}u + batchIndex) % ${s}u)`];
  const window: Window = {
    source: { height: g.outHeight, width: g.outWidth, channels: co },
    pixels: [h.pixels, v.pixels],
    tapsWide: v.taps,
    taps: h.taps * v.taps,
    stride: 1,
    direction: -1,
    // Pixel p of the class is input row parity + s · p. The taps that meet it are (parity + padding) mod s + s · j, and
    // they read output row p + origin − j.
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
    batch,
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
