import type { Table } from '@visage/training';
import type { TransferReport } from '../core/transfer.ts';
import { significant } from './format.ts';

const megabytes = (bytes: number): string => significant(bytes / 1e6);

/** The tables of `bench -- transfer`. */
export function transferTables({ transfers, saving }: TransferReport): Table[] {
  const ways = transfers.map(({ way, bytes, ms, gigabytesPerSecond }) => [
    way,
    megabytes(bytes),
    significant(ms),
    significant(gigabytesPerSecond),
  ]);
  const saves = saving.map((row) => [
    row.precision,
    String(row.batch),
    megabytes(row.bytes),
    significant(row.msWithout),
    significant(row.msWith),
    significant(row.stepsHeldUp),
    significant(row.secondsUntilSaved),
  ]);
  const head = ['precision', 'batch', 'MB', 'ms a step', 'with a checkpoint', 'steps held up', 's until saved'];
  const lengths = [...new Set(saving.map(({ steps }) => steps))].join(' or ');
  return [
    { title: 'Bytes between host and device', rows: [['way', 'MB', 'ms', 'GB/s'], ...ways] },
    {
      title: 'A checkpoint beside a training, recipe of the paper',
      note: saving.length > 0 ? `One checkpoint in ${lengths} steps.` : '',
      rows: [head, ...saves],
    },
  ];
}
