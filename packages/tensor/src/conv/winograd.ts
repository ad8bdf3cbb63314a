import { type Constant, i32, linearGrid } from '@visage/gpu';
import {
  gemmLoadDense,
  gemmLoadDenseOuter,
  winogradCollect,
  winogradF2,
  winogradF4,
  winogradPoison,
  winogradSeparable,
  winogradSpread,
  winogradTap,
  winogradWeight,
  winogradWeightAdjoint,
} from '@visage/kernels';
import type { Shape } from '../core/shape.ts';
import { empty, type Tensor } from '../core/tensor.ts';
import { finisher, type Tail } from '../gemm/epilogue.ts';
import { gemmInto } from '../gemm/launch.ts';
import { BORDER } from './border.ts';
import { type ConvGeometry, type PaddingMode, wShape, xShape, yShape } from './geometry.ts';
import { type ConvFinish, finishOf } from './implicitGemm.ts';

const WORKGROUP = 64;

/** Outputs per side of a tile. */
export type TileSide = 2 | 4;

type Line = 'inputLine' | 'weightLine' | 'outputLine' | 'outputAdjointLine' | 'weightAdjointLine';

/** The parts and constants of a kernel that applies one line transform to both axes of a square. */
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

/** The image that a convolution reads through windows of three by three pixels, the first of which begins at `origin`. */
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

const borderCode = ({ paddingMode }: Source): string =>
  `fn border(at : i32, extent : i32) -> i32 { ${BORDER[paddingMode]} }`;

/** How windows that the transform would spoil are treated: marked as NaN for {@link collect}, or as any other. */
type Guard = 'poison' | 'none';

/** Windows of an image in the transformed domain, [(side + 2)², tiles, channels]. */
function spread(source: Source, tiling: Tiling, line: 'inputLine' | 'outputAdjointLine', guard: Guard): Tensor {
  const { image } = source;
  const { side, count } = tiling;
  const channels = image.dim(3);
  const { constants, parts } = separable(side, line, [line === 'inputLine' ? side + 2 : side, side + 2]);
  const out = empty(image.gpu, [(side + 2) ** 2, count, channels]);
  image.gpu.dispatch({
    program: {
      name: `winograd/${line}`,
      constants: {
        ...constants,
        ...tilingConstants(tiling),
        ...sourceConstants(source),
        TILE: side,
        GROUPS: channels / 4,
      },
      parts: [
        ...parts,
        borderCode(source),
        guard === 'poison' ? winogradPoison : 'fn poisonOf(x : Square) -> vec4u { return vec4u(); }',
        winogradSpread,
      ],
    },
    buffers: [out.buffer, image.buffer],
    grid: linearGrid(Math.ceil((count * channels) / 4 / WORKGROUP)),
  });
  return out;
}

/** Filters w [3, 3, k, n]; flipped, those of the input gradient. */
interface Filters {
  readonly w: Tensor;
  readonly flip: boolean;
}

const filterExtents = ({ w, flip }: Filters): [k: number, n: number] =>
  flip ? [w.dim(3), w.dim(2)] : [w.dim(2), w.dim(3)];

/** Filters in the transformed domain, [(side + 2)², k, n]. */
function spreadWeight(filters: Filters, side: TileSide): Tensor {
  const { w, flip } = filters;
  const [k, n] = filterExtents(filters);
  const { constants, parts } = separable(side, 'weightLine', [3, side + 2]);
  const out = empty(w.gpu, [(side + 2) ** 2, k, n]);
  w.gpu.dispatch({
    program: {
      name: 'winograd/weight',
      constants: { ...constants, K: k, N: n, FLIP: flip },
      parts: [...parts, winogradTap, winogradWeight],
    },
    buffers: [out.buffer, w.buffer],
    grid: [Math.ceil(n / 32), Math.ceil(k / 8), 1],
  });
  return out;
}

/** Pixels from products, finished; `source` and `filters` are what the products were made of. */
function collect(
  products: Tensor,
  source: Source,
  filters: Filters,
  tiling: Tiling,
  shape: Shape,
  finish: ConvFinish,
): Tensor {
  const { side, count } = tiling;
  const [, height, width, channels] = shape as [number, number, number, number];
  const { constants, parts } = separable(side, 'outputLine', [side + 2, side]);
  const { code, buffers } = finisher({ n: channels, ...finishOf(finish) }, 4);
  const out = empty(products.gpu, shape);
  products.gpu.dispatch({
    program: {
      name: 'winograd/collect',
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
      parts: [...parts, code, borderCode(source), winogradTap, winogradCollect],
    },
    buffers: [out.buffer, products.buffer, source.image.buffer, filters.w.buffer, ...buffers],
    grid: linearGrid(Math.ceil((count * channels) / 4 / WORKGROUP)),
  });
  return out;
}

/** One product for each ξ: [ξ, tiles, k] · [ξ, k, n] → [ξ, tiles, n]; or, `outer`, [ξ, tiles, m]ᵀ · [ξ, tiles, n] → [ξ, m, n]. */
function products(a: Tensor, b: Tensor, outer: boolean): Tensor {
  const [items, rows, columns] = a.shape as [number, number, number];
  const [m, k] = outer ? [columns, rows] : [rows, columns];
  const c = empty(a.gpu, [items, m, b.dim(2)]);
  gemmInto(
    a.gpu,
    {
      name: outer ? 'winogradWeightGrad' : 'winograd',
      m,
      n: b.dim(2),
      k,
      aContiguousAlong: outer ? 'm' : 'k',
      loaderA: [outer ? gemmLoadDenseOuter : gemmLoadDense],
      rowOfB: 'return item * K + k;',
      outRow: 'return item * M + m;',
      items,
      a: a.buffer,
      b: b.buffer,
    },
    c,
  );
  return c;
}

/** y = x ⋆ w, finished, by Winograd's F(side x side, 3x3): Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2016. */
export function winogradForward(side: TileSide, g: ConvGeometry, x: Tensor, w: Tensor, finish: ConvFinish): Tensor {
  const source = { image: x, origin: -g.padding, paddingMode: g.paddingMode };
  return convolved(side, source, { w, flip: false }, yShape(g), finish);
}

function convolved(side: TileSide, source: Source, filters: Filters, shape: Shape, finish: ConvFinish): Tensor {
  const [batch, height, width] = shape as [number, number, number];
  const tiling = tilingOf(side, batch, height, width);
  const transformed = products(spread(source, tiling, 'inputLine', 'poison'), spreadWeight(filters, side), false);
  return collect(transformed, source, filters, tiling, shape, finish);
}

/** dx: the convolution of dy with the filters turned around, padded by 2 − padding; for zero padding. */
export function winogradInputGrad(side: TileSide, g: ConvGeometry, dy: Tensor, w: Tensor, tail?: Tail): Tensor {
  const source: Source = { image: dy, origin: g.padding - 2, paddingMode: 'zero' };
  return convolved(side, source, { w, flip: true }, xShape(g), { tail });
}

/**
 * dw: the adjoint of the forward pass with respect to the filters, dw = Gᵀ [Σ over tiles of (Bᵀ x B)ᵀ · (A dy Aᵀ)] G.
 *
 * A value that is not finite makes NaN of all nine taps of its channel, those that do not meet it at the border of the image among them.
 */
export function winogradWeightGrad(side: TileSide, g: ConvGeometry, x: Tensor, dy: Tensor): Tensor {
  const tiling = tilingOf(side, g.batch, g.outHeight, g.outWidth);
  const windows = spread({ image: x, origin: -g.padding, paddingMode: g.paddingMode }, tiling, 'inputLine', 'none');
  const slopes = spread({ image: dy, origin: 0, paddingMode: 'zero' }, tiling, 'outputAdjointLine', 'none');
  const du = products(windows, slopes, true);
  const { constants, parts } = separable(side, 'weightAdjointLine', [side + 2, 3]);
  const dw = empty(x.gpu, wShape(g));
  const size = (g.channelsIn * g.channelsOut) / 4;
  x.gpu.dispatch({
    program: {
      name: 'winograd/weightAdjoint',
      constants: { ...constants, SIZE: size },
      parts: [...parts, winogradWeightAdjoint],
    },
    buffers: [dw.buffer, du.buffer],
    grid: linearGrid(Math.ceil(size / WORKGROUP)),
  });
  return dw;
}
