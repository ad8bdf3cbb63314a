import { ArgumentError, type Constant, checkInteger, linearGrid } from '@visage/gpu';
import { indexingGatherRows, indexingOneHot, indexingSumRows, shapeFileRow } from '@visage/kernels';
import { track } from '../core/autograd.ts';
import { WORKGROUP } from '../core/passes.ts';
import { checkShape, showShape, sizeOf } from '../core/shape.ts';
import { checkFloat, enablesOf } from '../core/storage.ts';
import { checkDType, empty, type Tensor } from '../core/tensor.ts';

function launch(
  name: string,
  kernel: string,
  tensors: readonly Tensor[],
  constants: Readonly<Record<string, Constant>>,
): void {
  const out = tensors[0] as Tensor;
  out.gpu.dispatch({
    program: {
      name: `indexing/${name}`,
      enables: enablesOf(out.dtype),
      aliases: { S: out.dtype },
      constants: { WG: WORKGROUP, SIZE: out.size, ...constants },
      parts: [kernel],
    },
    buffers: tensors.map((x) => x.buffer),
    grid: linearGrid(Math.ceil(out.size / WORKGROUP)),
  });
}

/**
 * Rows with a 1 at the label and 0 elsewhere. No gradient.
 *
 * labels [n] i32 or u32 → [n, classes] f32. A label outside 0 … classes − 1 gives a row of NaN.
 *
 * @throws ArgumentError unless `labels` are integers along one axis and `classes` is a positive integer.
 */
export function oneHot(labels: Tensor, classes: number): Tensor {
  checkLabels('oneHot', 'labels', labels);
  checkInteger('oneHot', 'classes', classes, 1, MOST_ROWS);
  const out = empty(labels.gpu, [labels.size, classes]);
  launch('oneHot', indexingOneHot, [out, labels], { CLASSES: classes });
  return out;
}

/** Throws unless `labels` are integers along one axis, one for each of `count` things if that is given. */
export function checkLabels(op: string, argument: string, labels: Tensor, count: number | null = null, of = ''): void {
  checkDType(op, argument, labels, 'i32', 'u32');
  checkShape(op, argument, labels.shape, [count], of && `One for each row of ${of}`);
}

const MOST_ROWS = 2 ** 31 - 1; // of a table, and classes: what an i32 label can name

function checkTable(op: string, argument: string, x: Tensor): void {
  checkFloat(op, argument, x);
  if (x.rank === 0) throw new ArgumentError(op, argument, showShape(x.shape), 'at least one axis, that of the rows');
}

/**
 * Rows of a table by index: out[i] = table[index[i]].
 *
 * table [rows, …], index [n] i32 or u32 → [n, …]. An index past the table gives a row of NaN.
 *
 * @throws ArgumentError unless `table` holds floats in rows and `index` integers along one axis.
 */
export function gatherRows(table: Tensor, index: Tensor): Tensor {
  checkTable('gatherRows', 'table', table);
  checkLabels('gatherRows', 'index', index);
  const rest = table.shape.slice(1);
  const out = empty(table.gpu, [index.size, ...rest], table.dtype);
  launch('gatherRows', indexingGatherRows, [out, table, index], { ROWS: table.dim(0), INNER: sizeOf(rest) });
  return track('gatherRows', out, [table], (g) => [sumRows(g, index, table.dim(0))]);
}

/**
 * Adds rows into a table of zeros: out[r] = Σ rows[i] over the i with index[i] = r. The gradient of {@link gatherRows}.
 *
 * rows [n, …], index [n] i32 or u32 → [count, …]. An index outside 0 … count − 1 makes the whole result NaN: its row
 * has no place in the table.
 *
 * @throws ArgumentError for indices that are not one integer for each row, or a count below 1.
 */
export function sumRows(rows: Tensor, index: Tensor, count: number): Tensor {
  checkTable('sumRows', 'rows', rows);
  checkLabels('sumRows', 'index', index, rows.dim(0), 'rows');
  checkInteger('sumRows', 'count', count, 1, MOST_ROWS);
  const rest = rows.shape.slice(1);
  const out = empty(rows.gpu, [count, ...rest], rows.dtype);
  launch('sumRows', indexingSumRows, [out, rows, index], {
    COUNT: rows.dim(0),
    ROWS: count,
    INNER: sizeOf(rest),
  });
  return track('sumRows', out, [rows], (g) => [gatherRows(g, index)]);
}

const ROW_WORKGROUP = 8; // a row of losses is a few numbers

/**
 * Writes `row` over the oldest row of `ring` in place, and counts it: row k goes to ring[k mod rows].
 *
 * ring [rows, columns] f32, counter [1] u32, row [columns] f32. In a recorded step each replay files one row.
 *
 * @throws ArgumentError for other shapes or types.
 */
export function fileRow(ring: Tensor, counter: Tensor, row: Tensor): void {
  for (const [name, x] of Object.entries({ ring, row })) checkDType('fileRow', name, x, 'f32');
  checkDType('fileRow', 'counter', counter, 'u32');
  checkShape('fileRow', 'ring', ring.shape, [null, null]);
  checkShape('fileRow', 'row', row.shape, [ring.dim(1)]);
  checkShape('fileRow', 'counter', counter.shape, [1]);
  ring.gpu.dispatch({
    program: {
      name: 'shape/fileRow',
      constants: { WG: ROW_WORKGROUP, ROWS: ring.dim(0), COLUMNS: ring.dim(1) },
      parts: [shapeFileRow],
    },
    buffers: [ring.buffer, counter.buffer, row.buffer],
    grid: [1, 1, 1],
  });
}
