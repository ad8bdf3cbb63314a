/** @file Tables of the benchmarks of photographs, films and data sets of them. */
import type { Table } from '@visage/training';
import type { DataRow } from '../core/data.ts';
import type { DetectionRow } from '../core/detection.ts';
import type { FilmRow } from '../core/film.ts';
import { significant } from './format.ts';

/** Pictures with people one by one, those without together. */
export function detectionTable(rows: readonly DetectionRow[]): Table {
  const sum = (some: readonly DetectionRow[], of: (row: DetectionRow) => number) =>
    some.reduce((total, row) => total + of(row), 0);
  const line = (name: string, size: string, some: readonly DetectionRow[]) => [
    name,
    size,
    String(sum(some, ({ people }) => people)),
    String(sum(some, ({ found }) => found)),
    String(sum(some, ({ wrong }) => wrong)),
    significant(sum(some, ({ ms }) => ms) / Math.max(1, some.length)),
  ];
  const empty = rows.filter(({ people }) => people === 0);
  const body = rows
    .filter(({ people }) => people > 0)
    .map((row) => line(row.picture, `${row.width} x ${row.height}`, [row]));
  const none = line(`${empty.length} pictures without people`, '', empty);
  const head = ['picture', 'pixels', 'people', 'found', 'wrong', 'ms a picture'];
  return { title: 'Faces found', rows: [head, ...body, none, line('all', '', rows)] };
}

/** Every table of a result; `most` bounds the rows of the long ones. */
export function tablesOf(result: BenchResult, most = Number.POSITIVE_INFINITY): Table[] {
  switch (result.bench) {
    case 'kernels':
      return kernelTables(result.measured as KernelReport, most);
    case 'convolutions':
      return [convolutionTable(result.measured as readonly ConvolutionRow[])];
    case 'networks':
      return [networkTable(result.measured as readonly NetworkRow[])];
    case 'step':
      return [stepTable(result.measured as readonly StepRow[])];
    case 'memory':
      return [memoryTable(result.measured as readonly MemoryRow[])];
    case 'detection':
      return [detectionTable(result.measured as readonly DetectionRow[])];
    case 'data':
      return [dataTable(result.measured as readonly DataRow[])];
    case 'film':
      return [filmTable(result.measured as readonly FilmRow[])];
    case 'peers':
      return [peerTable(result.measured as PeerReport)];
    case 'pytorch':
      return pytorchTables(result.measured as PytorchReport);
  }
}

/**
 * The variants among launches `family/kernel: variant`: `winograd 2x2 on tiled 64x128x16`. A change of layout does not
 * count as a variant.
 */
function methodOf(launches: readonly string[]): string {
  const isProduct = (launch: string) => Number(launch.startsWith('gemm/'));
  const computing = launches.filter((launch) => !launch.startsWith('shape/'));
  computing.sort((a, b) => isProduct(a) - isProduct(b));
  return [...new Set(computing.map((launch) => launch.split(': ').at(-1)))].join(' on ');
}
