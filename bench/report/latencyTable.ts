import type { Table } from '@visage/training';
import type { LatencyRow } from '../core/latency.ts';
import { significant } from './format.ts';

const PARTS = ['upload', 'encode', 'submit', 'untilBegin', 'wait', 'copy', 'device'] as const;

const NOTE = [
  'Milliseconds, each the median of its own. Call to result is upload, encode, submit, wait and copy. Until begin is the',
  'part of encode and submit after which the device has launches to work on; the rest overlaps with its work. Polls are',
  'turns of the event loop in which Dawn was asked for events. The chain is the launches that need one another.',
].join(' ');

/** The table of `bench -- latency`. */
export function latencyTable(rows: readonly LatencyRow[]): Table {
  const head = ['pictures on', 'precision', 'batch', 'call to result', 'upload', 'encode', 'submit', 'until begin'];
  const rest = ['wait', 'copy', 'device', 'polls', 'submits', 'launches', 'chain'];
  const body = rows.map((row) => [
    ...[row.place, row.precision, String(row.batch), significant(row.total)],
    ...PARTS.map((part) => significant(row[part])),
    ...[row.polls, row.submissions, row.launches, row.chain].map(String),
  ]);
  return { title: 'A swap, from the call to the result', note: NOTE, rows: [[...head, ...rest], ...body] };
}
