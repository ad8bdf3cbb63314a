import type { Table } from '@visage/training';
import type { ScaleRow } from '../core/scale.ts';
import { percent, significant } from './format.ts';

/** The table of `bench -- scale`. */
export function scaleTable(rows: readonly ScaleRow[]): Table {
  const head = ['precision', 'GPUs x batch', 'ms alone', 'ms', 'images/s alone', 'images/s', 'times'];
  const exchange = ['MB sent', 'exchange, ms', 'exposed, ms', 'exposed share', 'GB/s', 'GB/s of MPI'];
  const cells = rows.map((row) => [
    row.precision,
    `${row.ranks} x ${row.batch}`,
    significant(row.msAlone),
    significant(row.ms),
    significant(row.imagesPerSecondAlone),
    significant(row.imagesPerSecond),
    significant(row.speedUp),
    significant(row.bytes / 1e6),
    significant(row.exchangeMs),
    significant(row.exposedMs),
    percent(row.exposedShare),
    significant(row.gigabytesPerSecond),
    significant(row.messageGigabytesPerSecond),
  ]);
  const steps = [...new Set(rows.map(({ sameBitsAfter }) => sameBitsAfter))].join(' or ');
  return {
    title: "The paper's training step on several GPUs",
    note: `After ${steps} steps the states of all ranks had the same bits.`,
    rows: [[...head, ...exchange], ...cells],
  };
}
