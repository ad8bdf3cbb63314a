import { type Chart, reportPage } from '../../packages/cli/src/report/page.ts';
import type { KernelReport, KernelRow } from '../core/kernels.ts';
import type { NetworkRow } from '../core/networks.ts';
import type { StepRow } from '../core/step.ts';
import type { BenchResult } from './result.ts';
import { tablesOf } from './tables.ts';

/** A result as one HTML page that needs no other file. */
export function benchPage(result: BenchResult): string {
  const { bench, adapter, driver, versions, when, tuned, sizes } = result;
  return reportPage({
    title: `Visage bench: ${bench}`,
    facts: [
      ['adapter', adapter],
      ['driver', driver],
      ['versions', versions],
      ['measured', when],
      ['tuned problems', String(tuned)],
      ['networks', `${sizes.size} pixels, width ${sizes.width}, ${sizes.blocks} blocks`],
    ],
    tables: tablesOf(result),
    pictures: [],
    timeline: [],
    besideTimeline: [],
    charts: chartsOf(result),
  });
}

function chartsOf(result: BenchResult): Chart[] {
  if (result.bench === 'kernels') return rooflines(result.measured as KernelReport);
  if (result.bench === 'networks') return [throughput('images per second', result.measured as readonly NetworkRow[])];
  if (result.bench === 'step') return [stepThroughput(result.measured as readonly StepRow[])];
  return [];
}

/** Every kernel as a dot: operations per byte against TFLOP/s, under the roof that copy bandwidth and the best product make. */
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

/** Images per second over the batch, a line per network and pass. */
function throughput(title: string, rows: readonly NetworkRow[]): Chart {
  const batches = [...new Set(rows.map(({ batch }) => batch))].sort((a, b) => a - b);
  const lines = [...new Set(rows.map(({ network, pass, precision }) => `${network} ${pass} ${precision}`))];
  const curve = (line: string) =>
    batches.map(
      (size) =>
        rows.find((row) => row.batch === size && `${row.network} ${row.pass} ${row.precision}` === line)
          ?.imagesPerSecond ?? null,
    );
  return {
    title,
    along: 'batch',
    steps: batches,
    curves: Object.fromEntries(lines.map((line) => [line, curve(line)])),
    logarithmic: true,
  };
}

function stepThroughput(rows: readonly StepRow[]): Chart {
  const batches = [...new Set(rows.map(({ batch }) => batch))].sort((a, b) => a - b);
  const precisions = [...new Set(rows.map(({ precision }) => precision))];
  const curve = (name: string) =>
    batches.map(
      (size) => rows.find(({ batch, precision }) => batch === size && precision === name)?.imagesPerSecond ?? null,
    );
  return {
    title: 'images per second',
    along: 'batch',
    steps: batches,
    curves: Object.fromEntries(precisions.map((name) => [name, curve(name)])),
  };
}
