import { REASONS_NOTE, Reasons, variantsOf } from '@visage/gpu';
import type { Table } from '@visage/training';
import type { CarryoverRow } from '../core/carryover.ts';
import { CONVOLUTION_PASSES, type ConvolutionRow } from '../core/convolution.ts';
import type { DataRow } from '../core/data.ts';
import type { DetectionRow } from '../core/detection.ts';
import type { FilmReport } from '../core/film.ts';
import type { GateReport } from '../core/headGates.ts';
import type { HeadRow } from '../core/heads.ts';
import type { KernelReport, KernelRow } from '../core/kernels.ts';
import type { LadderReport } from '../core/ladder.ts';
import type { LatencyRow } from '../core/latency.ts';
import type { MemoryRow } from '../core/memory.ts';
import type { MessageRow } from '../core/messages.ts';
import type { NetworkRow } from '../core/networks.ts';
import type { ParsingRow } from '../core/parsing.ts';
import type { ReachRow } from '../core/reach.ts';
import type { ScaleRow } from '../core/scale.ts';
import type { StepRow } from '../core/step.ts';
import type { TransferReport } from '../core/transfer.ts';
import type { PeerReport } from '../peers/contest.ts';
import { arithmeticRate, memoryRate, percent, significant } from './format.ts';
import { gateTable, headTable } from './headTables.ts';
import { ladderTable } from './ladderTable.ts';
import { latencyTable } from './latencyTable.ts';
import { peerTable } from './peers.ts';
import { carryoverTable, dataTable, detectionTable, filmTables, parsingTable } from './photoTables.ts';
import { reachTable } from './reachTable.ts';
import type { BenchResult, PytorchReport, PytorchRow } from './result.ts';
import { messageTable, scaleTable } from './scaleTable.ts';
import { transferTables } from './transferTables.ts';

export const PASS_NAMES = {
  forward: 'forward',
  inputGradient: 'input gradient',
  weightGradient: 'weight gradient',
} as const;

/** Every table of a result; `most` bounds the rows of the long ones. */
export function tablesOf(result: BenchResult, most = Number.POSITIVE_INFINITY): Table[] {
  switch (result.bench) {
    case 'kernels':
      return kernelTables(result.measured as KernelReport, most);
    case 'ladder':
      return [ladderTable(result.measured as LadderReport)];
    case 'convolutions':
      return [convolutionTable(result.measured as readonly ConvolutionRow[])];
    case 'networks':
      return [networkTable(result.measured as readonly NetworkRow[])];
    case 'latency':
      return [latencyTable(result.measured as readonly LatencyRow[])];
    case 'reach':
      return [reachTable(result.measured as readonly ReachRow[])];
    case 'step':
      return [stepTable(result.measured as readonly StepRow[])];
    case 'memory':
      return [memoryTable(result.measured as readonly MemoryRow[])];
    case 'transfer':
      return transferTables(result.measured as TransferReport);
    case 'scale':
      return [scaleTable(result.measured as readonly ScaleRow[])];
    case 'messages':
      return [messageTable(result.measured as readonly MessageRow[])];
    case 'detection':
      return [detectionTable(result.measured as readonly DetectionRow[])];
    case 'carryover':
      return [carryoverTable(result.measured as readonly CarryoverRow[])];
    case 'parsing':
      return [parsingTable(result.measured as readonly ParsingRow[])];
    case 'data':
      return [dataTable(result.measured as readonly DataRow[])];
    case 'heads':
      return [headTable(result.measured as readonly HeadRow[])];
    case 'gates':
      return [gateTable(result.measured as GateReport)];
    case 'film':
      return filmTables(result.measured as FilmReport);
    case 'peers':
      return [peerTable(result.measured as PeerReport)];
    case 'pytorch':
      return pytorchTables(result.measured as PytorchReport);
  }
}

function kernelTables({ ceilings, rows }: KernelReport, most: number): Table[] {
  const limits = [
    ['copy', memoryRate(ceilings.copyGBps)],
    ['product, f32', arithmeticRate(ceilings.gemmGflops)],
    ...(ceilings.halfGemmGflops ? [['product, f16 operands', arithmeticRate(ceilings.halfGemmGflops)]] : []),
  ];
  const groups = groupBy(
    rows,
    ({ network, pass, precision, batch }) => `${network}, ${pass}, ${precision}, batch ${batch}`,
  );
  const tables = [...groups].flatMap(([title, members]) => [
    familyTable(title, members),
    ...shapeTables(title, members.slice(0, most), members.length),
  ]);
  return [{ title: 'Ceilings, measured in this run', rows: [['what', 'rate'], ...limits] }, ...tables];
}

/**
 * Kernels of one name together: their share of the time, and how near they come to the ceiling that bounds them,
 * weighted by time.
 */
function familyTable(title: string, rows: readonly KernelRow[]): Table {
  const total = sum(rows, timeOf);
  const families = [...groupBy(rows, ({ kernel }) => kernel)]
    .map(([kernel, members]) => {
      const time = sum(members, timeOf);
      const share = sum(members, (each) => each.share * timeOf(each)) / time;
      return { kernel, time, share, calls: sum(members, ({ calls }) => calls), shapes: members.length };
    })
    .sort((a, b) => b.time - a.time);
  const body = families.map(({ kernel, time, share, calls, shapes }) => [
    kernel,
    String(calls),
    String(shapes),
    significant(time),
    percent(time / total),
    percent(share),
  ]);
  return {
    title: `${title}: by kernel`,
    rows: [['kernel', 'calls', 'shapes', 'ms', 'of the time', 'of its ceiling'], ...body],
  };
}

/** Each kernel at each shape, with its variant and why it is not another one. */
function shapeTables(title: string, rows: readonly KernelRow[], all: number): Table[] {
  const reasons = new Reasons();
  const body = rows.map((row) => {
    const { kernel, calls, ms, flops, bytes, bound, share, choice, shape } = row;
    const rate = bound === 'compute' ? arithmeticRate(flops / ms / 1e6) : memoryRate(bytes / ms / 1e6);
    return [
      kernel,
      choice?.problem ?? `${shape} MiB`,
      String(calls),
      significant(ms),
      rate,
      percent(share),
      choice ? variantsOf(choice) : '',
      reasons.numbersOf(choice ? [choice] : []),
    ];
  });
  const head = ['kernel', 'problem, or bindings', 'calls', 'ms each', 'rate', 'of ceiling', 'variant', 'others'];
  const note = rows.length < all ? `The ${rows.length} slowest of ${all}.` : undefined;
  const shapes = { title: `${title}: by shape`, note, rows: [head, ...body] };
  return [shapes, { title: `${title}: why not others`, note: REASONS_NOTE, rows: reasons.rows() }];
}

function convolutionTable(rows: readonly ConvolutionRow[]): Table {
  const body = rows.map((row) => [
    `${row.kernel}x${row.kernel} ${row.channelsIn}→${row.channelsOut} @${row.size}`,
    row.precision,
    String(row.batch),
    ...CONVOLUTION_PASSES.map((pass) => arithmeticRate(1000 * row.tflops[pass])),
  ]);
  const chosen = [...groupBy(rows, (row) => `${row.precision} ${methodsOf(row)}`).values()].map((alike) => {
    const [first] = alike as [ConvolutionRow];
    return `${first.precision}, batch ${alike.map(({ batch }) => batch).join(', ')}: ${methodsOf(first)}`;
  });
  return {
    title: 'Convolutions',
    note: `Counted as direct convolutions. Variants: ${chosen.join('; ')}.`,
    rows: [['convolution', 'precision', 'batch', ...CONVOLUTION_PASSES.map((pass) => PASS_NAMES[pass])], ...body],
  };
}

/** The variants that compute the passes of a convolution, named once where all passes have the same. */
function methodsOf({ kernels }: ConvolutionRow): string {
  const groups = groupBy(CONVOLUTION_PASSES, (pass) => methodOf(kernels[pass]));
  if (groups.size === 1) return [...groups.keys()].join();
  const parts = [...groups].map(
    ([method, passes]) => `${passes.map((pass) => PASS_NAMES[pass]).join(' and ')} ${method}`,
  );
  return parts.join(', ');
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

function networkTable(rows: readonly NetworkRow[]): Table {
  const body = rows.map((row) => [
    row.network,
    row.pass === 'forward' ? 'forward' : 'forward and gradients',
    row.precision,
    String(row.batch),
    significant(row.deviceMs),
    significant(row.wallMs),
    significant(row.imagesPerSecond),
    String(row.dispatches),
    significant(row.memoryMiB),
  ]);
  const head = [
    'network',
    'pass',
    'precision',
    'batch',
    'device ms',
    'call to result ms',
    'images/s',
    'kernels',
    'MiB',
  ];
  return { title: 'Networks', rows: [head, ...body] };
}

function stepTable(rows: readonly StepRow[]): Table {
  const body = rows.map((row) => [
    row.precision,
    String(row.batch),
    significant(row.ms),
    significant(row.imagesPerSecond),
    significant(row.deviceMs),
    significant(row.hostMs),
    percent(row.hostShare),
    String(Math.round(row.dispatches)),
    significant((1000 * row.hostMs) / row.dispatches),
    significant(row.peakGiB),
  ]);
  const host = ['host ms', 'host share', 'kernels', 'host µs per kernel'];
  const head = ['precision', 'batch', 'ms', 'images/s', 'device ms', ...host, 'peak GiB'];
  const counts = (count: (row: StepRow) => number | undefined) =>
    rows.filter(count).map((row) => `${count(row)} at batch ${row.batch}`);
  const [skipped, overflowed] = [counts((row) => row.skipped), counts((row) => row.overflowed)];
  const notes = [
    skipped.length > 0 ? `Updates skipped in mixed precision while the loss scale fell: ${skipped.join(', ')}.` : '',
    overflowed.length > 0
      ? `Steps whose losses were not finite, left out of their means: ${overflowed.join(', ')}.`
      : '',
  ];
  const note = notes.filter(Boolean).join(' ');
  return { title: 'Training step, recipe of the paper', note, rows: [head, ...body] };
}

function memoryTable(rows: readonly MemoryRow[]): Table {
  const mebibytes = (bytes: number) => String(Math.round(bytes / 2 ** 20));
  const body = rows.map(({ precision, batch, networks, state, constants, workspace, peak, dispatches }) => [
    precision,
    String(batch),
    ...[networks, state, constants, workspace].map(mebibytes),
    significant(peak / 2 ** 30),
    String(dispatches),
  ]);
  const head = ['precision', 'batch', 'networks', 'training state', 'frozen forms', 'workspace', 'peak GiB', 'kernels'];
  return { title: 'Memory of a training, recipe of the paper, in MiB', rows: [head, ...body] };
}

function pytorchTables({ training, inference, convolutions }: PytorchReport): Table[] {
  const times = (title: string, rows: readonly PytorchRow[]): Table => ({
    title,
    rows: [
      ['precision', 'batch', 'ms', 'peak GiB'],
      ...rows.map(({ precision, batch, ms, peakGiB }) => [
        precision,
        String(batch),
        significant(ms),
        peakGiB ? significant(peakGiB) : '',
      ]),
    ],
  });
  const rates = convolutions.map(({ precision, batch, tflops }) => [
    precision,
    String(batch),
    ...CONVOLUTION_PASSES.map((pass) => arithmeticRate(1000 * tflops[pass])),
  ]);
  const head = ['precision', 'batch', ...CONVOLUTION_PASSES.map((pass) => PASS_NAMES[pass])];
  return [
    times('PyTorch: training step', training),
    times('PyTorch: generator', inference),
    { title: 'PyTorch: convolution 3x3 512→512 @28', rows: [head, ...rates] },
  ].filter(({ rows }) => rows.length > 1);
}

const timeOf = ({ calls, ms }: KernelRow): number => calls * ms;
const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}
