import type { Table } from '@visage/training';
import { type GateReport, gates } from '../core/headGates.ts';
import type { HeadRow } from '../core/heads.ts';
import { percent, significant } from './format.ts';

/** What a picture of mesh heads costs. */
export function headTable(rows: readonly HeadRow[]): Table {
  const body = rows.map(({ what, level, size, batch, ms }) => [
    what,
    level,
    String(size),
    String(batch),
    significant(ms),
  ]);
  return { title: 'Mesh heads', rows: [['what', 'level', 'pixels', 'batch', 'ms each'], ...body] };
}

/** What networks of real faces make of mesh heads. */
export function gateTable(report: GateReport): Table {
  const { level, size, people, pictures, found, apart, alike, accepted, equalErrorRate } = report;
  return {
    title: `Mesh heads of level ${level} before networks of real faces, ${people} people x ${pictures} at ${size} pixels`,
    rows: [
      ['what', 'measured', 'wanted'],
      ['faces found where they are', percent(found), `at least ${percent(gates.found)}`],
      ['mean distance of different people', apart.toFixed(3), `at least ${gates.apart}`],
      ['mean distance of one person', alike.toFixed(3), ''],
      ['different people nearer than 0.6', percent(accepted), ''],
      ['equal error rate', equalErrorRate.toFixed(3), `at most ${gates.equalErrorRate}`],
    ],
  };
}
