import type { Table } from '@visage/training';
import type { MessageRow } from '../core/messages.ts';
import type { ScaleRow } from '../core/scale.ts';
import { percent, significant } from './format.ts';

/** The table of `bench -- scale`. */
export function scaleTable(rows: readonly ScaleRow[]): Table {
  const head = [
    'precision',
    'GPUs x batch',
    'ms alone',
    'ms with loopback',
    'ms',
    'images/s alone',
    'images/s',
    'times',
  ];
  const exchange = ['MB sent', 'exchange, ms', 'exposed, ms', 'with loopback', 'exposed share'];
  const host = ['issuing, ms', 'held, ms'];
  const rates = ['GB/s', 'GB/s of messages', 'through'];
  const cells = rows.map((row) => [
    row.precision,
    `${row.ranks} x ${row.batch}`,
    significant(row.msAlone),
    significant(row.loopbackMs),
    significant(row.ms),
    significant(row.imagesPerSecondAlone),
    significant(row.imagesPerSecond),
    significant(row.speedUp),
    significant(row.bytes / 1e6),
    significant(row.exchangeMs),
    significant(row.exposedMs),
    significant(row.loopbackExposedMs),
    percent(row.exposedShare),
    significant(row.issuingMs),
    significant(row.heldMs),
    significant(row.gigabytesPerSecond),
    significant(row.messageGigabytesPerSecond),
    row.route,
  ]);
  const steps = [...new Set(rows.flatMap(({ sameBitsAfter }) => sameBitsAfter ?? []))].join(' or ');
  const same = steps ? ` After ${steps} steps the states of all ranks had the same bits.` : '';
  return {
    title: "The paper's training step on several GPUs",
    note: `With loopback: one GPU and an exchange without another rank.${same}`,
    rows: [[...head, ...exchange, ...host, ...rates], ...cells],
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
