import { shapeFileRow } from '@visage/kernels';
import { checkShape } from '../core/shape.ts';
import { checkDType, type Tensor } from '../core/tensor.ts';

const WORKGROUP = 8;

/**
 * Writes `row` [columns] over the oldest row of `ring` [rows, columns], in place, and counts it in `counter` [1], u32: row k goes to line k mod rows.
 *
 * In a recorded step each replay files one row.
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
      constants: { WG: WORKGROUP, ROWS: ring.dim(0), COLUMNS: ring.dim(1) },
      parts: [shapeFileRow],
    },
    buffers: [ring.buffer, counter.buffer, row.buffer],
    grid: [1, 1, 1],
  });
}
