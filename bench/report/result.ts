/** @file The JSON files of the benchmarks. All have the same outer form, whatever was measured. */
import { readFile } from 'node:fs/promises';
import { type Gpu, VisageError } from '@visage/gpu';
import { tuningTarget } from '@visage/gpu/node';
import { saveFile } from '@visage/nn/node';
import type { CarryoverRow } from '../core/carryover.ts';
import type { ConvolutionRow } from '../core/convolution.ts';
import type { DataRow } from '../core/data.ts';
import type { DetectionRow } from '../core/detection.ts';
import type { FilmReport } from '../core/film.ts';
import type { GateReport } from '../core/headGates.ts';
import type { HeadRow } from '../core/heads.ts';
import type { KernelReport } from '../core/kernels.ts';
import type { LadderReport } from '../core/ladder.ts';
import type { LatencyRow } from '../core/latency.ts';
import type { MemoryRow } from '../core/memory.ts';
import type { MessageRow } from '../core/messages.ts';
import type { NetworkRow } from '../core/networks.ts';
import type { ParsingRow } from '../core/parsing.ts';
import type { ReachRow } from '../core/reach.ts';
import type { ScaleRow } from '../core/scale.ts';
import type { Sizes } from '../core/sizes.ts';
import type { StepRow } from '../core/step.ts';
import type { TransferReport } from '../core/transfer.ts';
import type { PeerReport } from '../peers/contest.ts';

/** What bench/pytorch.py measures. */
export interface PytorchReport {
  readonly training: readonly PytorchRow[];
  /** The generator; as a CUDA graph on a GPU. */
  readonly inference: readonly PytorchRow[];
  readonly convolutions: readonly (Pick<ConvolutionRow, 'batch' | 'ms' | 'tflops'> & { readonly precision: string })[];
}

export interface PytorchRow {
  /** `fp32`, `tf32`, `fp16` or `bf16`. */
  readonly precision: string;
  readonly batch: number;
  readonly ms: number;
  readonly peakGiB?: number;
}

/** What each benchmark measures. */
export interface Measurements {
  readonly pytorch: PytorchReport;
  readonly kernels: KernelReport;
  readonly ladder: LadderReport;
  readonly convolutions: readonly ConvolutionRow[];
  readonly networks: readonly NetworkRow[];
  readonly latency: readonly LatencyRow[];
  readonly step: readonly StepRow[];
  readonly reach: readonly ReachRow[];
  readonly memory: readonly MemoryRow[];
  readonly transfer: TransferReport;
  readonly scale: readonly ScaleRow[];
  readonly messages: readonly MessageRow[];
  readonly data: readonly DataRow[];
  readonly film: FilmReport;
  readonly detection: readonly DetectionRow[];
  readonly carryover: readonly CarryoverRow[];
  readonly parsing: readonly ParsingRow[];
  readonly peers: PeerReport;
  readonly heads: readonly HeadRow[];
  readonly gates: GateReport;
}
export type BenchName = keyof Measurements;

/** One run of a benchmark. */
export interface BenchResult<Name extends BenchName = BenchName> {
  readonly bench: Name;
  readonly adapter: string;
  readonly driver: string;
  readonly versions: string;
  readonly software: boolean;
  /** ISO date and time. */
  readonly when: string;
  /** Problems that the tuning memo knew during the run; 0 is the fixed order of kernels. */
  readonly tuned: number;
  readonly sizes: Sizes;
  readonly measured: Measurements[Name];
}

/** Wraps what was measured. */
export async function benchResult<Name extends BenchName>(
  gpu: Gpu,
  bench: Name,
  sizes: Sizes,
  measured: Measurements[Name],
): Promise<BenchResult<Name>> {
  const { driver, versions } = await tuningTarget(gpu);
  const tuned = gpu.deterministic ? 0 : gpu.tuning.size;
  const { name: adapter, software } = gpu.adapter;
  const about = { adapter, driver, versions: `${versions}, node ${process.version}`, software };
  return { bench, ...about, when: new Date().toISOString(), tuned, sizes, measured };
}

/** Writes a result, over an earlier one as a whole. */
export async function writeResult(path: string, result: BenchResult): Promise<void> {
  await saveFile(path, Buffer.from(`${JSON.stringify(result, null, 1)}\n`));
}

/** Reads a file that a benchmark wrote. */
export async function readResult(path: string): Promise<BenchResult> {
  const result = JSON.parse(await readFile(path, 'utf8')) as Partial<BenchResult> | null;
  if (!result?.bench || !result.measured) throw new VisageError(`${path}: is no result of \`npm run bench\``);
  return result as BenchResult;
}
