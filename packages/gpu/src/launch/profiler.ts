import { VisageError } from '../core/errors.ts';
import { type ChoiceReport, type KernelChoice, reportChoice } from '../select/choices.ts';
import { type Command, commandBytes } from './commands.ts';
import type { CommandStream } from './stream.ts';

/** The launches of one kernel in a profiled run, added up. */
export interface ProfileRow {
  readonly kernel: string;
  readonly calls: number;
  /** Milliseconds of all calls. */
  readonly ms: number;
  /** GFLOP/s; 0 for kernels that do not state their operations. */
  readonly gflops: number;
  /** GB/s, counting each binding once per call. */
  readonly gbps: number;
  /** The different choices of variants that the launches belong to, the most frequent first. */
  readonly choices: readonly ProfiledChoice[];
}

/** A choice that some launches of a kernel belong to. */
export interface ProfiledChoice extends ChoiceReport {
  readonly calls: number;
}

interface Total {
  calls: number;
  ns: number;
  flops: number;
  bytes: number;
  /** How many launches belong to each choice. */
  readonly choices: Map<KernelChoice, number>;
}

const CAPACITY = 2048; // timestamps per query set; WebGPU allows 4096

/** Times every dispatch by a compute pass of its own with a GPU timestamp at either end. */
export class Profiler {
  #device: GPUDevice;
  #set: GPUQuerySet;
  #batch: Command[] = [];
  #done: Promise<void>[] = [];
  #totals = new Map<string, Total>();

  constructor(device: GPUDevice) {
    this.#device = device;
    this.#set = device.createQuerySet({ type: 'timestamp', count: CAPACITY });
  }

  /**
   * The timestamp writes of the next command's pass; `undefined` if the query set is full, so that the batch must be
   * submitted first.
   */
  next(command: Command): GPUComputePassTimestampWrites | undefined {
    const at = this.#batch.length * 2;
    if (at >= CAPACITY) return undefined;
    this.#batch.push(command);
    return { querySet: this.#set, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 };
  }

  /**
   * Encodes the copy of the batch's timestamps, and returns a function to call after the submit, which begins to read
   * them.
   */
  resolve(encoder: GPUCommandEncoder): () => void {
    const batch = this.#batch;
    this.#batch = [];
    if (batch.length === 0) return () => {};
    const bytes = batch.length * 16;
    const resolved = this.#device.createBuffer({ size: bytes, usage: 0x200 | 0x04 }); // QUERY_RESOLVE | COPY_SRC
    const staging = this.#device.createBuffer({ size: bytes, usage: 0x01 | 0x08 }); // MAP_READ | COPY_DST
    encoder.resolveQuerySet(this.#set, 0, batch.length * 2, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, bytes);
    return () => {
      this.#done.push(
        staging.mapAsync(1).then(() => {
          this.#count(batch, new BigUint64Array(staging.getMappedRange()));
          staging.destroy();
          resolved.destroy();
        }),
      );
    };
  }

  /** Waits for all timestamps and returns a row for each kernel, the one with the most time first. */
  async table(): Promise<ProfileRow[]> {
    await Promise.all(this.#done);
    this.#set.destroy();
    return [...this.#totals]
      .map(([kernel, t]) => ({
        kernel,
        calls: t.calls,
        ms: t.ns / 1e6,
        gflops: t.ns ? t.flops / t.ns : 0,
        gbps: t.ns ? t.bytes / t.ns : 0,
        choices: different(t.choices),
      }))
      .sort((a, b) => b.ms - a.ms);
  }

  #count(batch: Command[], times: BigUint64Array): void {
    batch.forEach((command, k) => {
      const key = command.pipeline.name;
      const total = this.#totals.get(key) ?? { calls: 0, ns: 0, flops: 0, bytes: 0, choices: new Map() };
      total.calls++;
      total.ns += Number((times[2 * k + 1] as bigint) - (times[2 * k] as bigint));
      total.flops += command.flops;
      total.bytes += commandBytes(command);
      const { choice } = command;
      if (choice) total.choices.set(choice, (total.choices.get(choice) ?? 0) + 1);
      this.#totals.set(key, total);
    });
  }
}

/** The device on which {@link timeKernels} times. */
interface TimedDevice {
  readonly device: GPUDevice;
  readonly stream: CommandStream;
  sync(): Promise<void>;
}

/**
 * Runs `fn`, which may be async, and times every kernel that it launches.
 *
 * @throws VisageError if the device lacks the feature `timestamp-query`.
 */
export async function timeKernels(gpu: TimedDevice, fn: () => void | Promise<void>): Promise<ProfileRow[]> {
  if (!gpu.device.features.has('timestamp-query'))
    throw new VisageError('timeKernels: this adapter has no timestamp-query; time whole runs with sync() instead');
  await gpu.sync();
  const profiler = new Profiler(gpu.device);
  gpu.stream.profiler = profiler;
  try {
    await fn();
    await gpu.sync();
  } finally {
    gpu.stream.profiler = undefined;
  }
  return profiler.table();
}

/** Merges choices with equal reports: each eager launch has a choice object of its own, even for the same problem. */
function different(choices: ReadonlyMap<KernelChoice, number>): ProfiledChoice[] {
  const found = new Map<string, ProfiledChoice>();
  for (const [choice, calls] of choices) {
    const report = reportChoice(choice);
    const key = JSON.stringify(report);
    found.set(key, { ...report, calls: calls + (found.get(key)?.calls ?? 0) });
  }
  return [...found.values()].sort((a, b) => b.calls - a.calls);
}
