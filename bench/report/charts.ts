import type { Chart } from '@visage/training';
import { CONVOLUTION_PASSES, type ConvolutionRow } from '../core/convolution.ts';
import type { KernelReport, KernelRow } from '../core/kernels.ts';
import type { MemoryRow } from '../core/memory.ts';
import type { NetworkRow } from '../core/networks.ts';
import type { StepRow } from '../core/step.ts';
import type { ContestResult, PeerReport } from '../peers/contest.ts';
import type { BenchResult } from './result.ts';
import { PASS_NAMES } from './tables.ts';

/** The plots of a result: kernels under their roof, everything else over the batch. */
export function chartsOf({ bench, measured }: BenchResult): Chart[] {
  switch (bench) {
    case 'kernels':
      return rooflines(measured as KernelReport);
    case 'convolutions':
      return [convolutionChart(measured as readonly ConvolutionRow[])];
    case 'networks':
      return [networkChart(measured as readonly NetworkRow[])];
    case 'step':
      return [stepChart(measured as readonly StepRow[])];
    case 'memory':
      return memoryCharts(measured as readonly MemoryRow[]);
    case 'peers':
      return peerCharts(measured as PeerReport);
    case 'ladder':
    case 'latency':
    case 'reach':
    case 'transfer':
    case 'scale':
    case 'messages':
    case 'data':
    case 'film':
    case 'detection':
    case 'carryover':
    case 'parsing':
    case 'heads':
    case 'gates':
    case 'pytorch':
      return [];
  }
}

/**
 * The roofline plot: every kernel as a dot at its operations per byte and TFLOP/s, under the bounds of copy bandwidth
 * and the best product.
 */
function rooflines({ ceilings, rows }: KernelReport): Chart[] {
  const counted = rows.filter(({ flops }) => flops > 0).sort((a, b) => intensity(a) - intensity(b));
  const roof = (best: number) => (row: KernelRow) => Math.min(best, intensity(row) * ceilings.copyGBps) / 1000;
  const rate = ({ flops, ms }: KernelRow) => flops / ms / 1e9;
  const chart = (half: boolean, best: number): Chart => {
    const shown = counted.filter((row) => row.half === half);
    const networks = [...new Set(shown.map(({ network }) => network))];
    const dots = networks.map((name) => [name, shown.map((row) => (row.network === name ? rate(row) : null))]);
    return {
      title: `Products with ${half ? 'f16' : 'f32'} operands, TFLOP/s`,
      along: 'operations per byte',
      steps: shown.map(intensity),
      curves: { ...Object.fromEntries(dots), roof: shown.map(roof(best)) },
      logarithmic: true,
      scattered: true,
    };
  };
  const bandwidth = rows.filter(({ flops }) => flops === 0).sort((a, b) => a.bytes - b.bytes);
  const memory: Chart = {
    title: 'Other kernels, GB/s',
    along: 'MiB moved',
    steps: bandwidth.map(({ bytes }) => bytes / 2 ** 20),
    curves: {
      kernel: bandwidth.map(({ bytes, ms }) => bytes / ms / 1e6),
      copy: bandwidth.map(() => ceilings.copyGBps),
    },
    logarithmic: true,
    scattered: true,
  };
  const charts = [
    chart(false, ceilings.gemmGflops),
    chart(true, ceilings.halfGemmGflops ?? ceilings.gemmGflops),
    memory,
  ];
  return charts.filter(({ steps }) => steps.length > 0);
}

const intensity = ({ flops, bytes }: KernelRow): number => flops / bytes;

/** A value at a batch, and the line that it belongs to. */
interface Point {
  readonly line: string;
  readonly batch: number;
  readonly value: number | undefined;
}

/** Lines over the batch. */
function overBatch(title: string, points: readonly Point[], logarithmic = false): Chart {
  const batches = [...new Set(points.map(({ batch }) => batch))].sort((a, b) => a - b);
  const lines = [...new Set(points.map(({ line }) => line))];
  const curve = (name: string) =>
    batches.map((size) => points.find(({ line, batch }) => batch === size && line === name)?.value ?? null);
  const curves = Object.fromEntries(lines.map((name) => [name, curve(name)]));
  return { title, along: 'batch', steps: batches, curves, logarithmic };
}

function networkChart(rows: readonly NetworkRow[]): Chart {
  const points = rows.map(({ network, pass, precision, batch, imagesPerSecond }) => ({
    line: `${network} ${pass} ${precision}`,
    batch,
    value: imagesPerSecond,
  }));
  return overBatch('images per second', points, true);
}

function stepChart(rows: readonly StepRow[]): Chart {
  const points = rows.map(({ precision, batch, imagesPerSecond }) => ({
    line: precision,
    batch,
    value: imagesPerSecond,
  }));
  return overBatch('images per second', points);
}

function convolutionChart(rows: readonly ConvolutionRow[]): Chart {
  const points = rows.flatMap(({ precision, batch, tflops }) =>
    CONVOLUTION_PASSES.map((pass) => ({ line: `${PASS_NAMES[pass]} ${precision}`, batch, value: tflops[pass] })),
  );
  return overBatch('TFLOP/s, counted as direct convolutions', points);
}

/** What the memory holds, a chart for each precision. */
function memoryCharts(rows: readonly MemoryRow[]): Chart[] {
  const precisions = [...new Set(rows.map(({ precision }) => precision))];
  return precisions.map((precision) => {
    const points = rows
      .filter((row) => row.precision === precision)
      .flatMap(({ batch, networks, state, constants, workspace, peak }) =>
        Object.entries({ peak, workspace, 'training state': state, networks, 'frozen forms': constants }).map(
          ([line, bytes]) => ({ line, batch, value: bytes / 2 ** 30 }),
        ),
      );
    return overBatch(`${precision}, GiB`, points);
  });
}

/** Milliseconds of every engine, a chart for each kind of work; what failed has no point. */
function peerCharts({ contests }: PeerReport): Chart[] {
  const titleOf = ({ what, pass }: ContestResult) => `${what}, ${pass}, ms`;
  return [...new Set(contests.map(titleOf))].map((title) => {
    const points = contests
      .filter((each) => titleOf(each) === title)
      .flatMap(({ batch, entries }) => entries.map(({ name, ms }) => ({ line: name, batch, value: ms })));
    return overBatch(title, points, true);
  });
}
