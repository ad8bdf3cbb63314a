import type { GpuBuffer } from './buffer.ts';
import { bind, type Command } from './commands.ts';
import { VisageError } from './errors.ts';
import type { Gpu } from './gpu.ts';
import type { Trace } from './trace.ts';

/**
 * A traced step with its memory and bind groups: {@link RecordedStep.run} only encodes dispatches.
 *
 * Inputs are ordinary buffers from outside the step; overwrite them between runs. Results keep their place from run to run.
 */
export class RecordedStep<T> {
  #gpu: Gpu;
  #commands: readonly { command: Command; group: GPUBindGroup }[];
  #owned: GPUBuffer[];
  #virtual: Set<GpuBuffer>;
  #disposed = false;
  /** What the traced function returned; its tensors hold the values of the latest run. */
  readonly result: T;

  constructor(gpu: Gpu, trace: Trace, result: T, keep: ReadonlySet<GpuBuffer>) {
    this.#gpu = gpu;
    this.result = result;
    this.#owned = trace.plan(gpu.pool, keep);
    this.#virtual = trace.virtual;
    for (const buffer of trace.uploads) {
      if (buffer.resource) this.#owned.push(buffer.resource);
      this.#virtual.add(buffer);
    }
    this.#commands = trace.commands.map((command) => ({ command, group: bind(gpu.device, command) }));
    // Only what the caller may read keeps its handle; the rest may share memory and must not be touched.
    for (const buffer of this.#virtual) if (!keep.has(buffer)) buffer.resource = undefined;
  }

  /** Kernels per run. */
  get dispatches(): number {
    return this.#commands.length;
  }

  /** Device memory that the step owns, in bytes. */
  get bytes(): number {
    return this.#owned.reduce((sum, buffer) => sum + buffer.size, 0);
  }

  /** Runs every kernel of the step again, in order. */
  run(): T {
    if (this.#disposed) throw new VisageError('run: this recorded step was disposed');
    for (const { command, group } of this.#commands) this.#gpu.encode(command, group);
    this.#gpu.flush();
    return this.result;
  }

  /** Gives the step's memory back. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const buffer of this.#owned) this.#gpu.pool.give(buffer);
    for (const buffer of this.#virtual) {
      buffer.released = true;
      buffer.resource = undefined;
    }
    this.#commands = [];
  }
}
