/**
 * @file Convolutions of 3x3 at stride 1 by Winograd's transforms: Lavin and Gray, Fast Algorithms for Convolutional
 * Neural Networks, 2016.
 */
import { type Constant, i32, linearGrid } from '@visage/gpu';
import {
  gemmLoadDense,
  gemmLoadDenseOuter,
  winogradF2,
  winogradF4,
  winogradInputTransform,
  winogradOutputTransform,
  winogradPoison,
  winogradSeparable,
  winogradTap,
  winogradWeightTransform,
  winogradWeightTransformAdjoint,
} from '@visage/kernels';
import { WORKGROUP } from '../core/passes.ts';
import type { Shape } from '../core/shape.ts';
import { enablesOf, stored } from '../core/storage.ts';
import { empty, type Tensor } from '../core/tensor.ts';
import { finisher } from '../gemm/epilogue.ts';
import { gemm } from '../gemm/launch.ts';
import { type Finish, type GemmType, gemmType } from '../gemm/problem.ts';
import { borderCode, type ConvGeometry, type PaddingMode, wShape, xShape, yShape } from './geometry.ts';

/** Pixels of the result along each side of a tile. */
export type TileSide = 2 | 4;

/** The transforms of one axis in kernels/winograd/f2.wgsl and f4.wgsl. */
type Line = 'inputLine' | 'weightLine' | 'outputLine' | 'outputAdjointLine' | 'weightAdjointLine';

/** What a kernel needs that stores its images and transforms in one of the two types; it computes in f32 either way. */
const storedAs = (type: GemmType) => ({ enables: enablesOf(type), aliases: { S: stored(type, 4), Weight: type } });

/** The parts and constants of a kernel that applies a transform to both axes of a square, IN x IN → OUT x OUT. */
function separable(side: TileSide, line: Line, extents: readonly [number, number]) {
  const [inside, outside] = extents;
  return {
    constants: { IN: inside, OUT: outside, WG: WORKGROUP },
    parts: [
      side === 2 ? winogradF2 : winogradF4,
      `fn line(x : array<vec4f, IN>) -> array<vec4f, OUT> { return ${line}(x); }`,
      winogradSeparable,
    ],
  };
}

/** How an image is cut into tiles. */
interface Tiling {
  readonly side: TileSide;
  readonly rows: number;
  readonly columns: number;
  readonly count: number;
}

function tilingOf(side: TileSide, batch: number, height: number, width: number): Tiling {
  const [rows, columns] = [Math.ceil(height / side), Math.ceil(width / side)];
  return { side, rows, columns, count: batch * rows * columns };
}

const tilingConstants = ({ rows, columns, count }: Tiling): Record<string, Constant> => ({
  TILES_H: rows,
  TILES_W: columns,
  TILES: count,
});

/**
 * The image that a convolution reads through windows of 3x3 pixels. The first window begins at row and column `origin`.
 */
interface Source {
  readonly image: Tensor;
  readonly origin: number;
  readonly paddingMode: PaddingMode;
}

const sourceConstants = ({ image, origin }: Source): Record<string, Constant> => ({
  SRC_H: image.dim(1),
  SRC_W: image.dim(2),
  ORIGIN: i32(origin),
});

/**
 * What becomes of windows in which a large value would spoil small ones: they become NaN, so that {@link
 * outputTransform} computes their tiles directly, or nothing.
 */
type Guard = 'poison' | 'none';

/** Transforms the windows of an image: [(side + 2)², tiles, channels]. */
function inputTransform(source: Source, tiling: Tiling, line: 'inputLine' | 'outputAdjointLine', guard: Guard): Tensor {
  const { image } = source;
  const { side, count } = tiling;
  const channels = image.dim(3);
  const { constants, parts } = separable(side, line, [line === 'inputLine' ? side + 2 : side, side + 2]);
  const type = gemmType(image);
  const out = empty(image.gpu, [(side + 2) ** 2, count, channels], type);
  image.gpu.dispatch({
    program: {
      name: `winograd/${line}`,
      ...storedAs(type),
      constants: {
        ...constants,
        ...tilingConstants(tiling),
        ...sourceConstants(source),
        TILE: side,
        GROUPS: channels / 4,
      },
      parts: [
        ...parts,
        borderCode(source.paddingMode),
        guard === 'poison' ? winogradPoison : 'fn poisonOf(x : Square) -> vec4u { return vec4u(); }',
        winogradInputTransform,
      ],
    },
    buffers: [out.buffer, image.buffer],
    grid: linearGrid(Math.ceil((count * channels) / 4 / WORKGROUP)),
  });
  return out;
}

/** Filters w [3, 3, k, n]; `flip` turns them by 180° and exchanges k and n, as the input gradient reads them. */
interface Filters {
  readonly w: Tensor;
  readonly flip: boolean;
}

const filterExtents = ({ w, flip }: Filters): [k: number, n: number] =>
  flip ? [w.dim(3), w.dim(2)] : [w.dim(2), w.dim(3)];

/** Transforms the filters: [(side + 2)², k, n]. */
function weightTransform(filters: Filters, side: TileSide): Tensor {
  const { w, flip } = filters;
  const [k, n] = filterExtents(filters);
  const { constants, parts } = separable(side, 'weightLine', [3, side + 2]);
  const type = gemmType(w);
  const out = empty(w.gpu, [(side + 2) ** 2, k, n], type);
  w.gpu.dispatch({
    program: {
      name: 'winograd/weightTransform',
      ...storedAs(type),
      constants: { ...constants, K: k, N: n, FLIP: flip },
      parts: [...parts, winogradTap, winogradWeightTransform],
    },
    buffers: [out.buffer, w.buffer],
    grid: [Math.ceil(n / 32), Math.ceil(k / 8), 1],
  });
  return out;
}

/**
 * Transforms products back into pixels and finishes them. `source` and `filters` are for tiles that have to be computed
 * directly.
 */
function outputTransform(
  products: Tensor,
  source: Source,
  filters: Filters,
  tiling: Tiling,
  shape: Shape,
  finish: Finish,
): Tensor {
  const { side, count } = tiling;
  const [, height, width, channels] = shape as [number, number, number, number];
  const { constants, parts } = separable(side, 'outputLine', [side + 2, side]);
  const { code, buffers } = finisher(channels, finish, 4);
  const type = gemmType(products);
  const out = empty(products.gpu, shape, type);
  products.gpu.dispatch({
    program: {
      name: 'winograd/outputTransform',
      ...storedAs(type),
      constants: {
        ...constants,
        ...tilingConstants(tiling),
        ...sourceConstants(source),
        H: height,
        W: width,
        K: filterExtents(filters)[0],
        N: channels,
        FLIP: filters.flip,
      },
      parts: [...parts, code, borderCode(source.paddingMode), winogradTap, winogradOutputTransform],
    },
    buffers: [out.buffer, products.buffer, source.image.buffer, filters.w.buffer, ...buffers],
    grid: linearGrid(Math.ceil((count * channels) / 4 / WORKGROUP)),
  });
  return out;
}

/**
 * A batch of products, one for each value ξ of a transformed square: [ξ, tiles, k] · [ξ, k, n] → [ξ, tiles, n]; if
 * `outer`, [ξ, tiles, m]ᵀ · [ξ, tiles, n] → [ξ, m, n], in f32.
 */
function products(a: Tensor, b: Tensor, outer: boolean): Tensor {
  const [batch, rows, columns] = a.shape as [number, number, number];
  const [m, k] = outer ? [columns, rows] : [rows, columns];
  const operands = gemmType(a);
  const result = outer ? 'f32' : operands;
  return gemm(
    a.gpu,
    {
      name: outer ? 'winogradWeightGrad' : 'winograd',
      m,
      n: b.dim(2),
      k,
      operands,
      result,
      aContiguousAlong: outer ? 'm' : 'k',
      runA: columns,
      loaderA: [outer ? gemmLoadDenseOuter : gemmLoadDense],
      rowOfB: 'return batchIndex * K + k;',
      outRow: 'return batchIndex * M + m;',
      batch,
      a: a.buffer,
      b: b.buffer,
    },
    [batch, m, b.dim(2)],
  );
}

/**
 * y = x ⋆ w, finished, by Winograd's F(side x side, 3x3): each tile is Aᵀ [(G w Gᵀ) ⊙ (Bᵀ x B)] A. Lavin and Gray 2016,
 * section 4.
 */
export function winogradForward(side: TileSide, g: ConvGeometry, x: Tensor, w: Tensor, finish: Finish): Tensor {
  const source = { image: x, origin: -g.padding, paddingMode: g.paddingMode };
  return convolved(side, source, { w, flip: false }, yShape(g), finish, 'poison');
}

function convolved(
  side: TileSide,
  source: Source,
  filters: Filters,
  shape: Shape,
  finish: Finish,
  guard: Guard,
): Tensor {
  const [batch, height, width] = shape as [number, number, number];
  const tiling = tilingOf(side, batch, height, width);
  const windows = inputTransform(source, tiling, 'inputLine', guard);
  const transformed = products(windows, weightTransform(filters, side), false);
  return outputTransform(transformed, source, filters, tiling, shape, finish);
}

/** dx, for zero padding: the convolution of dy, padded by 2 − padding, with the flipped filters. */
export function winogradInputGrad(side: TileSide, g: ConvGeometry, dy: Tensor, w: Tensor, finish: Finish): Tensor {
  const source: Source = { image: dy, origin: g.padding - 2, paddingMode: 'zero' };
  // Gradients in f16 are multiplied by a loss scale that makes the largest of them as large as f16 allows, and beside
  // large ones there are always tiny ones: the guard would have most tiles computed directly. Their error is relative
  // to the largest gradient of a window, 2e-3 of it. What is not finite is computed directly all the same.
  const guard = gemmType(dy) === 'f16' ? 'none' : 'poison';
  return convolved(side, source, { w, flip: true }, xShape(g), finish, guard);
}

/**
 * dw = Gᵀ [Σ over tiles of (Bᵀ x B) ⊗ (A dy Aᵀ)] G, the adjoint of the forward pass with respect to the filters; ⊗ is
 * the outer product over channels.
 *
 * A value that is not finite makes NaN of all nine taps of its channel, even of taps that do not meet it because it
 * lies at the border.
 */
export function winogradWeightGrad(side: TileSide, g: ConvGeometry, x: Tensor, dy: Tensor, result: GemmType): Tensor {
  const tiling = tilingOf(side, g.batch, g.outHeight, g.outWidth);
  const windows = inputTransform(
    { image: x, origin: -g.padding, paddingMode: g.paddingMode },
    tiling,
    'inputLine',
    'none',
  );
  const slopes = inputTransform({ image: dy, origin: 0, paddingMode: 'zero' }, tiling, 'outputAdjointLine', 'none');
  const du = products(windows, slopes, true);
  const { constants, parts } = separable(side, 'weightAdjointLine', [side + 2, 3]);
  const dw = empty(x.gpu, wShape(g), result);
  const size = (g.channelsIn * g.channelsOut) / 4;
  x.gpu.dispatch({
    program: {
      name: 'winograd/weightTransformAdjoint',
      ...storedAs(result),
      constants: { ...constants, SIZE: size },
      parts: [...parts, winogradWeightTransformAdjoint],
    },
    buffers: [dw.buffer, du.buffer],
    grid: linearGrid(Math.ceil(size / WORKGROUP)),
  });
  return dw;
}
