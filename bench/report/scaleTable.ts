import type { Table } from '@visage/training';
import type { MessageRow } from '../core/messages.ts';
import type { ScaleRow } from '../core/scale.ts';
import { percent, significant } from './format.ts';

/** The table of `bench -- scale`. */
export function scaleTable(rows: readonly ScaleRow[]): Table {
  const head = ['precision', 'GPUs x batch', 'ms alone', 'ms', 'images/s alone', 'images/s', 'times'];
  const exchange = ['MB sent', 'exchange, ms', 'exposed, ms', 'exposed share', 'GB/s', 'GB/s of messages', 'through'];
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
    row.route,
  ]);
  const steps = [...new Set(rows.map(({ sameBitsAfter }) => sameBitsAfter))].join(' or ');
  return {
    title: "The paper's training step on several GPUs",
    note: `After ${steps} steps the states of all ranks had the same bits.`,
    rows: [[...head, ...exchange], ...cells],
  };
}

/** The table of `bench -- messages`. */
export function messageTable(rows: readonly MessageRow[]): Table {
  const head = ['by', 'through', 'ranks', 'at once', 'MB sent', 'MB of a bucket'];
  const cells = rows.map((row) => [
    row.mpi,
    row.route,
    String(row.ranks),
    String(row.lanes),
    significant(row.bytes / 1e6),
    significant(row.bucketBytes / 1e6),
    significant(row.ms),
    significant(row.gigabytesPerSecond),
    significant(row.processorMs),
  ]);
  return {
    title: 'Messages of an exchange, without a device',
    rows: [[...head, 'ms', 'GB/s', 'processor ms'], ...cells],
  };
}
