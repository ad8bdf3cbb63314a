import { ArgumentError, type Constant, linearGrid } from '@visage/gpu';
import { indexingGatherRows, indexingOneHot, indexingSumRows } from '@visage/kernels';
import { track } from '../autograd.ts';
import { checkShape, sizeOf } from '../shape.ts';
import { checkFloat, enablesOf } from '../storage.ts';
import { checkDType, empty, type Tensor } from '../tensor.ts';

const WORKGROUP = 64;

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
 */
export function oneHot(labels: Tensor, classes: number): Tensor {
  checkShape('oneHot', 'labels', labels.shape, [null]);
  checkDType('oneHot', 'labels', labels, 'i32', 'u32');
  if (!Number.isInteger(classes) || classes < 1)
    throw new ArgumentError('oneHot', 'classes', String(classes), 'a positive integer');
  const out = empty(labels.gpu, [labels.size, classes]);
  launch('oneHot', indexingOneHot, [out, labels], { CLASSES: classes });
  return out;
}

function checkIndex(op: string, index: Tensor): void {
  checkShape(op, 'index', index.shape, [null]);
  checkDType(op, 'index', index, 'i32', 'u32');
}

/**
 * Rows of a table by index: out[i] = table[index[i]].
 *
 * table [rows, …], index [n] i32 or u32 → [n, …]. An index past the table gives a row of NaN.
 */
export function gatherRows(table: Tensor, index: Tensor): Tensor {
  checkFloat('gatherRows', 'table', table);
  checkIndex('gatherRows', index);
  const rest = table.shape.slice(1);
  const out = empty(table.gpu, [index.size, ...rest], table.dtype);
  launch('gatherRows', indexingGatherRows, [out, table, index], { ROWS: table.dim(0), INNER: sizeOf(rest) });
  return track('gatherRows', out, [table], (g) => [sumRows(g, index, table.dim(0))]);
}

/**
 * Adds rows into a table of zeros: out[r] = Σ rows[i] over the i with index[i] = r. The gradient of {@link gatherRows}.
 *
 * rows [n, …], index [n] i32 or u32 → [count, …].
 */
export function sumRows(rows: Tensor, index: Tensor, count: number): Tensor {
  checkFloat('sumRows', 'rows', rows);
  checkIndex('sumRows', index);
  checkShape('sumRows', 'index', index.shape, [rows.dim(0)], 'One index per row');
  const rest = rows.shape.slice(1);
  const out = empty(rows.gpu, [count, ...rest], rows.dtype);
  launch('sumRows', indexingSumRows, [out, rows, index], { COUNT: rows.dim(0), INNER: sizeOf(rest) });
  return track('sumRows', out, [rows], (g) => [gatherRows(g, index)]);
}
