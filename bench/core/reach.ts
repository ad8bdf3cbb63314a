/** @file The figures that say how far the whole has come, measured in one run, beside PyTorch's of the same machine. */
import type { Gpu } from '@visage/gpu';
import type { Precision } from '@visage/simswap';
import type { PytorchReport } from '../report/result.ts';
import { timeConvolution } from './convolution.ts';
import { timeLatency } from './latency.ts';
import type { Sizes } from './sizes.ts';
import { timeStep } from './step.ts';
import { timeSwap } from './swap.ts';
import { timeTransfers } from './transfer.ts';

/** An upper bound: of the figure itself, or of its ratio to PyTorch's. */
export type Bound = { readonly value: number } | { readonly ratio: number };

/** What a figure must be, and what is aimed at, by the names of the rows. */
export type Goals = Readonly<Record<string, { readonly must?: Bound; readonly aim?: Bound }>>;

/** One figure; less is better. */
export interface ReachRow {
  readonly what: string;
  readonly unit: 'ms' | 'launches';
  readonly ours: number;
  /** PyTorch's best in the same unit; absent where it has none, or none was given. */
  readonly theirs?: number;
  readonly must?: Bound;
  readonly aim?: Bound;
}

/** What to measure. */
export interface ReachOptions {
  readonly sizes: Sizes;
  readonly precision: Precision;
  /** Batches of the training step, and of the swap. */
  readonly stepBatches: readonly number[];
  readonly swapBatches: readonly number[];
  /** Of one transfer. */
  readonly bytes: number;
  readonly repeat: number;
  readonly pytorch?: PytorchReport;
  readonly goals: Goals;
  readonly onRow: (row: ReachRow) => Promise<void>;
}

/** Measures every row, and passes each on as soon as it is measured. */
export async function measureReach(gpu: Gpu, options: ReachOptions): Promise<void> {
  const { sizes, precision, stepBatches, swapBatches, bytes, repeat, pytorch, goals, onRow } = options;
  const best = (rows: readonly { readonly ms: number }[] = []): number | undefined =>
    rows.length === 0 ? undefined : Math.min(...rows.map(({ ms }) => ms));
  const tell = (what: string, ours: number, theirs?: number, unit: ReachRow['unit'] = 'ms') =>
    onRow({ what, unit, ours, ...(theirs !== undefined && { theirs }), ...goals[what] });

  for (const batch of stepBatches) {
    const pieces = gpu.adapter.software ? { pieces: 1, piece: 2 } : { pieces: repeat, piece: 10 };
    const step = await timeStep(gpu, { sizes, precision, batch, ...pieces });
    await tell(`training step, batch ${batch}`, step.ms, best(pytorch?.training.filter((row) => row.batch === batch)));
    await tell(`launches of a step, batch ${batch}`, step.dispatches, undefined, 'launches');
  }
  for (const batch of swapBatches) {
    const swap = await timeSwap(gpu, { sizes, precision, batch }, repeat);
    await tell(`swap, batch ${batch}`, swap.deviceMs, best(pytorch?.inference.filter((row) => row.batch === batch)));
  }
  const [onDevice] = await timeLatency(gpu, { sizes, precision, batch: 1, calls: 10 * repeat });
  if (onDevice) await tell('swap, batch 1, call to result', onDevice.total);
  const shape = gpu.adapter.software
    ? { batch: 1, size: 8, channelsIn: 64, channelsOut: 64, kernel: 3 }
    : { batch: 16, size: 28, channelsIn: 512, channelsOut: 512, kernel: 3 };
  const type = precision === 'mixed' ? 'f16' : 'f32';
  const { ms } = await timeConvolution(gpu, shape, type, repeat);
  const same = pytorch?.convolutions.find(
    (row) => row.batch === shape.batch && row.precision === (type === 'f16' ? 'fp16' : 'fp32'),
  );
  for (const pass of ['forward', 'inputGradient', 'weightGradient'] as const) {
    const what = `3x3 ${shape.channelsIn} @${shape.size}, batch ${shape.batch}, ${type}, ${pass.replace('G', ' g')}`;
    await tell(what, ms[pass], gpu.adapter.software ? undefined : same?.ms[pass]);
  }
  for (const { way, ms: moved } of await timeTransfers(gpu, bytes, repeat))
    await tell(`${Math.round(bytes / 1e6)} MB ${way}`, moved);
}
