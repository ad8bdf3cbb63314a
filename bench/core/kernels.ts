import {
  type BoundCommand,
  type ChoiceReport,
  type Gpu,
  type RecordedStep,
  reportChoice,
  timeInterleaved,
} from '@visage/gpu';
import type { Precision } from '@visage/simswap';
import { type Ceilings, measureCeilings } from './ceilings.ts';
import {
  checkNetwork,
  NETWORKS,
  type NetworkName,
  type NetworkSetting,
  type Pass,
  type RecordedNetwork,
  recordNetwork,
} from './networks.ts';
import type { Sizes } from './sizes.ts';

/** One kernel at one shape. */
export interface KernelRow {
  /** The network that launches it. A kernel that several networks launch is listed with the first of them. */
  readonly network: string;
  readonly pass: Pass;
  readonly precision: Precision;
  readonly batch: number;
  readonly kernel: string;
  /** Launches per run of the network. */
  readonly calls: number;
  /** Milliseconds of one launch. */
  readonly ms: number;
  /** Floating-point operations of one launch; 0 for kernels that only move memory. */
  readonly flops: number;
  /** Bytes of one launch, each binding counted once. */
  readonly bytes: number;
  /** Whether it multiplies f16 operands, or does other work in f16. */
  readonly half: boolean;
  /** Share of the best product, or of the copy bandwidth, whichever bounds this kernel more tightly. */
  readonly share: number;
  readonly bound: 'compute' | 'memory';
  /** MiB of each binding, the output first. */
  readonly shape: string;
  /** The chosen variant and why it is not another one, if there was a choice. */
  readonly choice?: ChoiceReport;
}

/** What the kernel benchmark found. */
export interface KernelReport {
  readonly ceilings: Ceilings;
  readonly rows: readonly KernelRow[];
}

/** What to measure. */
export interface KernelOptions {
  readonly sizes: Sizes;
  readonly batches: readonly number[];
  readonly networks?: readonly NetworkName[];
  readonly passes?: readonly Pass[];
  readonly precisions?: readonly Precision[];
  /** Spans per kernel; the median counts. */
  readonly rounds?: number;
  /** Milliseconds per span. */
  readonly spanMs?: number;
  /** Called after each network, with its kernels and with everything measured so far. */
  onRows?(rows: readonly KernelRow[], soFar: KernelReport): void | Promise<void>;
}

/** Launches that are the same work: one pipeline, one grid, equal sizes. */
interface Launches {
  readonly bound: BoundCommand;
  readonly key: string;
  calls: number;
}

function distinct({ commands }: RecordedStep<unknown>): Launches[] {
  const found = new Map<string, Launches>();
  for (const bound of commands) {
    const { pipeline, grid, buffers } = bound.command;
    const key = `${pipeline.name} ${pipeline.id} ${grid} ${buffers.map(({ bytes }) => bytes)}`;
    const known = found.get(key);
    if (known) known.calls++;
    else found.set(key, { bound, key, calls: 1 });
  }
  return [...found.values()];
}

/**
 * Times every kernel that the networks launch, at every shape that they give it, each repeated by itself.
 *
 * The shapes come from recording the networks. Kernels whose data fits into a cache find it there, as most do in a
 * network.
 */
export async function measureKernels(gpu: Gpu, options: KernelOptions): Promise<KernelReport> {
  const ceilings = await measureCeilings(gpu);
  const seen = new Set<string>();
  const all: KernelRow[] = [];
  for (const { network, setting } of settingsOf(options)) {
    const recorded = recordNetwork(network, setting);
    await recorded.step.ready();
    recorded.step.run();
    const launches = distinct(recorded.step).filter(({ key }) => !seen.has(key));
    const { rounds = 5, spanMs = 0.5, onRows } = options;
    const times = await timeInterleaved(
      gpu,
      launches.map(({ bound }) => [bound]),
      { rounds, spanMs },
    );
    await checkAgain(gpu, `${network} ${setting.pass} ${setting.precision}`, recorded);
    const rows = launches.map((each, k) => row(each, network, setting, times[k] as number, ceilings));
    for (const { key } of launches) seen.add(key);
    rows.sort((a, b) => b.calls * b.ms - a.calls * a.ms);
    all.push(...rows);
    await onRows?.(rows, { ceilings, rows: all });
    recorded.dispose();
    gpu.trim();
  }
  return { ceilings, rows: all };
}

/** Every combination that is asked for. */
function settingsOf(options: KernelOptions): { network: NetworkName; setting: NetworkSetting }[] {
  const { sizes, batches, networks = NETWORKS, passes = ['training'], precisions = ['f32'] } = options;
  return precisions.flatMap((precision) =>
    batches.flatMap((batch) =>
      networks.flatMap((network) => passes.map((pass) => ({ network, setting: { pass, batch, precision, sizes } }))),
    ),
  );
}

/** Repeating kernels out of order leaves wrong values in the buffers. A run in order must still compute something. */
async function checkAgain(gpu: Gpu, what: string, recorded: RecordedNetwork): Promise<void> {
  recorded.step.run();
  await gpu.sync();
  await checkNetwork(what, recorded);
}

function row(
  { bound: { command }, calls }: Launches,
  network: NetworkName,
  { pass, precision, batch }: NetworkSetting,
  ms: number,
  ceilings: Ceilings,
): KernelRow {
  const { flops, buffers, choice, pipeline } = command;
  const bytes = buffers.reduce((sum, buffer) => sum + buffer.bytes, 0);
  const half = pipeline.enables.includes('f16');
  const best = half ? (ceilings.halfGemmGflops ?? ceilings.gemmGflops) : ceilings.gemmGflops;
  const compute = flops / ms / 1e6 / best;
  const memory = bytes / ms / 1e6 / ceilings.copyGBps;
  return {
    ...{ network, pass, precision, batch },
    kernel: pipeline.name,
    calls,
    ms,
    flops,
    bytes,
    half,
    share: Math.max(compute, memory),
    bound: compute > memory ? 'compute' : 'memory',
    shape: buffers.map((buffer) => mebibytes(buffer.bytes)).join(' '),
    choice: choice && reportChoice(choice),
  };
}

const mebibytes = (bytes: number): string => {
  const value = bytes / 2 ** 20;
  return value >= 100 ? value.toFixed(0) : value >= 0.1 ? value.toFixed(1) : '<0.1';
};
