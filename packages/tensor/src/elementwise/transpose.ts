/** @file Permutations that transpose matrices, and the ways to do them. */
import { Family, linearGrid, type Variant } from '@visage/gpu';
import { shapeTranspose } from '@visage/kernels';
import { type Shape, sizeOf } from '../core/shape.ts';
import { enablesOf } from '../core/storage.ts';
import { empty, type Tensor } from '../core/tensor.ts';

const SIDE = 32; // of a tile
const LINES = 8;
const NARROW = 8; // below this many rows or columns most of a tile is empty
const MOST_MATRICES = 65535;

/** [batch, rows, columns] → [batch, columns, rows]. */
export interface Transposition {
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
}

/**
 * The transposition that a permutation of axes is, if it is one: leading axes stay, and two runs of axes behind them
 * change places.
 */
export function transpositionOf(shape: Shape, order: readonly number[]): Transposition | undefined {
  const moved = order.findIndex((axis, k) => axis !== k);
  if (moved < 0) return undefined;
  const split = order[moved] as number;
  const rest = order.slice(moved);
  const swapped = rest.every((axis, k) => axis === moved + ((split - moved + k) % rest.length));
  if (!swapped) return undefined;
  return {
    batch: sizeOf(shape.slice(0, moved)),
    rows: sizeOf(shape.slice(moved, split)),
    columns: sizeOf(shape.slice(split)),
  };
}

/** A permutation of axes; without a transposition it is none of those that transpose matrices. */
export interface PermuteProblem {
  readonly transposition: Transposition | undefined;
}

interface PermuteVariant extends Variant<PermuteProblem> {
  readonly throughTiles: boolean;
}

const tiles: PermuteVariant = {
  name: 'tiles',
  throughTiles: true,
  supports({ transposition }, { device }) {
    if (!transposition) return 'only for transpositions';
    if (device.limits.maxComputeInvocationsPerWorkgroup < SIDE * LINES)
      return `needs ${SIDE * LINES} threads per workgroup`;
    const { batch } = transposition;
    return batch <= MOST_MATRICES || `${batch} matrices are more than a grid takes`;
  },
  admits({ transposition }, { adapter }) {
    if (adapter.software) return 'workgroup memory is slow on a software adapter';
    const { rows = 0, columns = 0 } = transposition ?? {};
    return Math.min(rows, columns) >= NARROW || `${rows} x ${columns} leaves most of a tile empty`;
  },
};

/** Ways to permute axes. */
export const permuteFamily = new Family<PermuteProblem, PermuteVariant>({
  name: 'permute',
  variants: [tiles, { name: 'by index', throughTiles: false }],
  describe: ({ transposition: t }) =>
    t ? `${t.batch} matrices of ${t.rows} x ${t.columns}` : 'a permutation that is no transposition',
});

/** Transposes through tiles in workgroup memory. */
export function transposeTiles(x: Tensor, shape: Shape, { batch, rows, columns }: Transposition): Tensor {
  const out = empty(x.gpu, shape, x.dtype);
  const tiles = Math.ceil(columns / SIDE);
  const [gridX, gridY] = linearGrid(tiles * Math.ceil(rows / SIDE));
  x.gpu.dispatch({
    program: {
      name: 'shape/transpose',
      enables: enablesOf(x.dtype),
      aliases: { T: x.dtype },
      constants: { R: rows, C: columns, SIDE, LINES, WG: SIDE * LINES, TILES: tiles },
      parts: [shapeTranspose],
    },
    buffers: [out.buffer, x.buffer],
    grid: [gridX, gridY, batch],
  });
  return out;
}
