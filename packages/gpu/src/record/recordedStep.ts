import { VisageError } from '../core/errors.ts';
import { nextMoment } from '../core/moments.ts';
import type { Gpu } from '../device/gpu.ts';
import { type BoundCommand, type Command, checkApart, writtenBindings, writtenBy } from '../launch/commands.ts';
import type { GpuBuffer } from '../memory/buffer.ts';
import type { Place } from '../memory/placement.ts';
import type { Pinned } from '../memory/saved.ts';
import type { Slot } from '../memory/workspace.ts';
import { dropRepeats } from './commonSubexpressions.ts';
import { dropUnused } from './deadCode.ts';
import { type StepConstant, versionOf } from './hoistConstants.ts';
import type { Trace } from './trace.ts';

const NEVER = -1; // before the first run: no sum of versions

/**
 * A traced step with its memory and bind groups: {@link RecordedStep.run} only encodes dispatches. What depends on constants and steady buffers alone is
 * computed in the first run.
 *
 * Inputs are ordinary buffers from outside the step; overwrite them between runs. Results keep their place from run to run.
 */
export class RecordedStep<T> {
  #gpu: Gpu;
  #commands: readonly BoundCommand[];
  /** What need not be computed at every run, from what, and the sum of the versions when that was last looked at. */
  #constants: readonly StepConstant[];
  readonly #sources: readonly GpuBuffer[];
  /** Where everything is that the step made. */
  readonly #places: ReadonlyMap<GpuBuffer, Place>;
  /** How often buffers had been moved when the bind groups were made. */
  #moves: number;
  #versions = NEVER;
  /** Buffers that a run writes to and others may read: those from outside, and results. */
  readonly #changed: readonly GpuBuffer[];
  #inputs: readonly GpuBuffer[];
  /** What gradients of ops from before the step read. */
  readonly #pinned: readonly Pinned[];
  /** Memory of results and uploads, which nothing else uses. */
  #owned: GPUBuffer[] = [];
  /** Where the rest is computed, in turn with other steps. */
  #slots: readonly Slot[] = [];
  #virtual: Set<GpuBuffer>;
  #disposed = false;
  /** How many failures of the device there had been when the step was last found to be free of them. */
  #faults = 0;
  /** Whatever a run before has spoiled is computed anew; constants are as good as the step that computed them left them. */
  readonly #begin = (): void => {
    heal(this.#computed);
    for (const [own, made] of this.#standIns) own.spoil(made.failure);
  };
  /** Buffers of the step that every run writes anew. */
  readonly #computed: readonly GpuBuffer[];
  /** What the step calls the results of constants, and what the step that made them calls them. */
  readonly #standIns: ReadonlyMap<GpuBuffer, GpuBuffer>;
  /** What the traced function returned; its tensors hold the values of the latest run. */
  readonly result: T;

  constructor(gpu: Gpu, trace: Trace, result: T, keep: ReadonlySet<GpuBuffer>) {
    this.#gpu = gpu;
    this.result = result;
    this.#inputs = trace.inputs();
    this.#checkInputs();
    dropUnused(trace, keep);
    dropRepeats(trace, keep);
    const { constants, standIns } = gpu.constants.take(trace, keep);
    this.#constants = constants;
    this.#standIns = standIns;
    this.#places = this.#giveMemory(trace, keep);
    this.#moves = gpu.moves;
    this.#virtual = trace.virtual;
    this.#computed = [...trace.virtual].filter((buffer) => !standIns.has(buffer));
    for (const buffer of trace.uploads) {
      if (buffer.resource) this.#owned.push(buffer.resource);
      this.#virtual.add(buffer);
    }
    this.#sources = [...new Set(this.#constants.flatMap(({ sources }) => sources))];
    this.#commands = trace.commands.map((command) => this.#bound(command));
    const written = trace.commands.flatMap(writtenBindings);
    this.#changed = [...new Set(written)].filter((buffer) => keep.has(buffer.whole) || !trace.owns(buffer));
    this.#pinned = trace.pinned;
    for (const buffer of this.#virtual) {
      buffer.ownedByStep = true;
      // Only what the caller may read keeps its handle; the rest may share memory and must not be touched.
      if (!keep.has(buffer)) buffer.resource = undefined;
    }
  }

  /** Gives results memory of their own, so that they last until the next run, and finds places for the rest in the workspace. */
  #giveMemory(trace: Trace, keep: ReadonlySet<GpuBuffer>): ReadonlyMap<GpuBuffer, Place> {
    try {
      const lifetimes = trace.lifetimes();
      for (const buffer of keep) {
        if (!lifetimes.delete(buffer)) continue;
        buffer.resource = this.#gpu.pool.take(buffer.bytes);
        this.#owned.push(buffer.resource);
      }
      const { slots, places } = this.#gpu.workspace.take(lifetimes);
      this.#slots = slots;
      const all = new Map(places);
      for (const buffer of [...trace.virtual, ...trace.uploads])
        if (buffer.resource) all.set(buffer, { memory: buffer.resource, offset: 0 });
      return all;
    } catch (error) {
      this.#giveBack();
      throw error;
    }
  }

  #bound(command: Command): BoundCommand {
    return { command, ...this.#gpu.trials.bound(command, this.#places) };
  }

  /** Somebody moved buffers; some of them may be inputs. */
  #bindAgain(): void {
    this.#moves = this.#gpu.moves;
    for (const constant of this.#constants) this.#gpu.constants.bindAgain(constant);
    this.#commands = this.#commands.map(({ command }) => {
      checkApart(command);
      return this.#bound(command);
    });
  }

  #giveBack(): void {
    for (const buffer of this.#owned) this.#gpu.pool.give(buffer);
    this.#gpu.workspace.release(this.#slots);
    this.#gpu.constants.release(this.#constants);
  }

  /** Kernels per run. */
  get dispatches(): number {
    return this.#commands.length;
  }

  /** What a run encodes, in order: for benchmarks. */
  get commands(): readonly BoundCommand[] {
    return this.#commands;
  }

  /** Device memory that the step uses, in bytes: that of its results, and constants and workspace that it may share with other steps. */
  get bytes(): number {
    const constants = this.#constants.flatMap(({ memory }) => memory);
    const workspace = this.#slots.map(({ memory }) => memory);
    return [...this.#owned, ...constants, ...workspace].reduce((sum, buffer) => sum + buffer.size, 0);
  }

  /**
   * Compiles the kernels of the step side by side, on the device's threads. Optional: what is not compiled by then, the first run compiles one by one.
   *
   * @throws VisageError that names a kernel which does not compile.
   */
  async ready(): Promise<void> {
    const pipelines = new Set([...this.#constants, ...this.#commands].map(({ command }) => command.pipeline));
    await Promise.all([...pipelines].map((pipeline) => pipeline.prepare()));
    this.#gpu.faults.checkLost();
    this.#checkLaunches();
  }

  /**
   * Runs every kernel of the step again, in order.
   *
   * @throws VisageError when the step, or a tensor from outside that it uses, was disposed, or while another step is being traced.
   */
  run(): T {
    if (this.#disposed) throw new VisageError('run: this recorded step was disposed');
    if (this.#gpu.tracing)
      throw new VisageError('run: another step is being traced, where nothing runs; steps do not nest');
    this.#gpu.faults.checkLost();
    if (this.#faults !== this.#gpu.faults.count) this.#checkLaunches();
    this.#checkInputs();
    for (const { buffer, by } of this.#pinned) if (buffer.version > by.ran) throw by.refuse(buffer);
    if (this.#moves !== this.#gpu.moves) this.#bindAgain();
    if (this.#versions !== versionOf(this.#sources)) this.#computeConstants();
    const { stream } = this.#gpu;
    stream.note(this.#begin);
    for (const { command, group, trial } of this.#commands) stream.launch(command, group, trial);
    const moment = nextMoment();
    for (const buffer of this.#changed) buffer.changed(moment);
    this.#gpu.flush();
    return this.result;
  }

  /** Throws if the device is known to refuse a launch of the step. */
  #checkLaunches(): void {
    for (const { command, trial } of [...this.#constants, ...this.#commands]) {
      const failure = command.pipeline.failure ?? trial.failure;
      if (failure) throw this.#gpu.faults.told(failure);
    }
    this.#faults = this.#gpu.faults.count;
  }

  #computeConstants(): void {
    for (const constant of this.#constants) {
      const version = versionOf(constant.sources);
      if (constant.version === version) continue; // another step was here before
      const { command, group, trial } = constant;
      this.#gpu.stream.note(() => heal(writtenBy(command)));
      this.#gpu.stream.launch(command, group, trial);
      constant.version = version;
    }
    this.#versions = versionOf(this.#sources);
  }

  /** The memory of a freed input belongs to somebody else by now. It may be gone although a view of it was never released. */
  #checkInputs(): void {
    if (!this.#inputs.every((buffer) => this.#gpu.holds(buffer))) {
      throw new VisageError(
        'recorded step: a tensor from outside that it uses was freed; keep() it as long as the step, or record the step again',
      );
    }
  }

  /** Gives the step's memory back. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#giveBack();
    for (const buffer of this.#virtual) {
      buffer.released = true;
      buffer.resource = undefined;
    }
    this.#commands = [];
    this.#constants = [];
  }
}

/** Takes note that buffers are written anew, whatever has spoiled them before. */
function heal(buffers: Iterable<GpuBuffer>): void {
  for (const buffer of buffers) buffer.spoil(undefined);
}
