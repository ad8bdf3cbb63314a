import type { Table } from '@visage/training';
import type { Bound, ReachRow } from '../core/reach.ts';
import { significant } from './format.ts';

/** The table of `bench -- reach`. */
export function reachTable(rows: readonly ReachRow[]): Table {
  const body = rows.map((row) => [
    row.what,
    figure(row, row.ours),
    row.theirs === undefined ? '' : figure(row, row.theirs),
    row.theirs === undefined ? '' : significant(row.ours / row.theirs),
    goal(row, row.must),
    goal(row, row.aim),
  ]);
  return {
    title: 'What is reached',
    note: "Less is better. The ratio is our figure over PyTorch's best. A bound of a ratio is written as one.",
    rows: [['what', 'Visage', 'PyTorch', 'ratio', 'must', 'aim'], ...body],
  };
}

const figure = ({ unit }: ReachRow, value: number): string =>
  unit === 'ms' ? `${significant(value)} ms` : String(Math.round(value));

/** The bound, and whether it is kept; a ratio without PyTorch's figure says nothing of that. */
function goal(row: ReachRow, bound: Bound | undefined): string {
  if (!bound) return '';
  const verdict = (kept: boolean) => (kept ? 'reached' : 'missed');
  if ('value' in bound) return `${figure(row, bound.value)}, ${verdict(row.ours <= bound.value)}`;
  if (row.theirs === undefined) return `ratio ${significant(bound.ratio)}`;
  return `ratio ${significant(bound.ratio)}, ${verdict(row.ours / row.theirs <= bound.ratio)}`;
}
