import { VisageError } from '../core/errors.ts';
import { nextMoment } from '../core/moments.ts';
import type { Gpu } from '../device/gpu.ts';
import { type BoundCommand, type Command, checkAliasing, writtenBindings, writtenBy } from '../launch/commands.ts';
import type { Placement } from '../memory/arena.ts';
import type { GpuBuffer } from '../memory/buffer.ts';
import type { Pinned } from '../memory/saved.ts';
import type { Block } from '../memory/workspace.ts';
import { shareCommonSubexpressions } from './commonSubexpressions.ts';
import { removeDeadCode } from './deadCode.ts';
import { fuseLaunches } from './fuseLaunches.ts';
import { type StepConstant, versionOf } from './hoistConstants.ts';
import type { Trace } from './trace.ts';

/** The step of each device, if there is one, of which a part was issued and another was not. */
const unfinished = new WeakMap<Gpu, RecordedStep<unknown>>();

const NEVER = -1; // the versions of constants before the first run; no sum of versions is negative

/**
 * A traced step with its memory and its bind groups, so that {@link RecordedStep.run} only encodes dispatches. What
 * depends on constants and frozen buffers alone is computed in the first run, and again after one of them changed.
 *
 * Inputs are ordinary buffers from outside the step: overwrite them between runs. Results stay in the same buffers from
 * run to run.
 */
export class RecordedStep<T> {
  #gpu: Gpu;
  #commands: readonly BoundCommand[];
  /** What need not be computed in every run. */
  #constants: readonly StepConstant[];
  /** The frozen buffers that the constants depend on. */
  readonly #sources: readonly GpuBuffer[];
  /** The sum of the sources' versions when the constants were last found up to date. */
  #versions = NEVER;
  /** Where the buffers lie that the step made. */
  readonly #placements: ReadonlyMap<GpuBuffer, Placement>;
  /** {@link Gpu.moves} when the bind groups were made. */
  #moves: number;
  /** Buffers that every run writes to and that code outside the step may read: results, and buffers from outside. */
  readonly #changed: readonly GpuBuffer[];
  #inputs: readonly GpuBuffer[];
  /** Buffers from outside that gradients of ops from before the step read. */
  readonly #pinned: readonly Pinned[];
  /** Memory of results and uploads, which nothing else uses. */
  #owned: GPUBuffer[] = [];
  /** The parts of the workspace that the step shares with other steps. */
  #blocks: readonly Block[] = [];
  #virtual: Set<GpuBuffer>;
  #disposed = false;
  /** How many failures the device had had when none of the step's launches was found to be refused. */
  #faults = 0;
  /**
   * At the beginning of a run, its results are no longer spoiled by an earlier run; constants are as the step that
   * computed them left them.
   */
  readonly #begin = (): void => {
    heal(this.#computed);
    for (const [own, made] of this.#aliases) own.spoil(made.failure);
  };
  /** Buffers of the step that every run computes. */
  readonly #computed: readonly GpuBuffer[];
  /** For each buffer of the step that holds a constant: the buffer of the launch that computes it. */
  readonly #aliases: ReadonlyMap<GpuBuffer, GpuBuffer>;
  /** What the traced function returned. Its tensors hold the values of the latest run. */
  readonly result: T;

  /**
   * @param result what the traced function returned.
   * @param buffers the buffers of the result.
   * @throws VisageError if the step uses a tensor that was freed, ArgumentError if one of its tensors is larger than
   * the device allows.
   */
  constructor(gpu: Gpu, trace: Trace, result: T, buffers: ReadonlySet<GpuBuffer>) {
    this.#gpu = gpu;
    this.result = result;
    this.#inputs = trace.inputs();
    this.#checkInputs();
    removeDeadCode(trace, buffers);
    shareCommonSubexpressions(trace, buffers);
    ({ constants: this.#constants, aliases: this.#aliases } = gpu.constants.hoist(trace, buffers));
    if (gpu.fuse) fuseLaunches(trace, gpu.pipelines, gpu.device.limits.maxStorageBuffersPerShaderStage);
    this.#placements = this.#giveMemory(trace, buffers);
    this.#moves = gpu.moves;
    this.#virtual = trace.virtual;
    this.#computed = [...trace.virtual].filter((buffer) => !this.#aliases.has(buffer));
    for (const buffer of trace.uploads) {
      if (buffer.resource) this.#owned.push(buffer.resource);
      this.#virtual.add(buffer);
    }
    this.#sources = [...new Set(this.#constants.flatMap(({ sources }) => sources))];
    this.#commands = trace.commands.map((command) => this.#bound(command));
    const written = trace.commands.flatMap(writtenBindings);
    this.#changed = [...new Set(written)].filter((buffer) => buffers.has(buffer.whole) || !trace.owns(buffer));
    this.#pinned = trace.pinned;
    for (const buffer of this.#virtual) {
      buffer.giveToStep();
      // Only what the caller may read stays attached to its memory. The rest may share memory and must not be touched.
      if (!buffers.has(buffer)) buffer.detach();
    }
  }

  /**
   * Gives the result's buffers memory of their own, so that they last until the next run, and places all others in the
   * workspace.
   */
  #giveMemory(trace: Trace, results: ReadonlySet<GpuBuffer>): ReadonlyMap<GpuBuffer, Placement> {
    try {
      const lifetimes = trace.lifetimes();
      for (const buffer of results) {
        if (!lifetimes.delete(buffer)) continue;
        const memory = this.#gpu.pool.take(buffer.bytes);
        buffer.attach(memory);
        this.#owned.push(memory);
      }
      const { blocks, placements } = this.#gpu.workspace.plan(lifetimes);
      this.#blocks = blocks;
      const all = new Map(placements);
      for (const buffer of [...trace.virtual, ...trace.uploads])
        if (buffer.resource) all.set(buffer, { memory: buffer.resource, offset: 0 });
      return all;
    } catch (error) {
      this.#giveBack();
      throw error;
    }
  }

  #bound(command: Command): BoundCommand {
    return { command, ...this.#gpu.trials.bound(command, this.#placements) };
  }

  /** Makes all bind groups again, because buffers were moved to other memory and some of them may be inputs. */
  #bindAgain(): void {
    this.#moves = this.#gpu.moves;
    for (const constant of this.#constants) this.#gpu.constants.bindAgain(constant);
    this.#commands = this.#commands.map(({ command }) => {
      checkAliasing(command);
      return this.#bound(command);
    });
  }

  #giveBack(): void {
    for (const buffer of this.#owned) this.#gpu.pool.give(buffer);
    this.#gpu.workspace.release(this.#blocks);
    this.#gpu.constants.release(this.#constants);
  }

  /** How many kernels a run launches, constants not counted. */
  get dispatches(): number {
    return this.#commands.length;
  }

  /** The launches of a run, in order, for benchmarks and tools. */
  get commands(): readonly BoundCommand[] {
    return this.#commands;
  }

  /**
   * Device memory that the step uses, in bytes. Constants and workspace are counted too, although other steps may share
   * them.
   */
  get bytes(): number {
    const constants = this.#constants.flatMap(({ memory }) => memory);
    const workspace = this.#blocks.map(({ memory }) => memory);
    return [...this.#owned, ...constants, ...workspace].reduce((sum, buffer) => sum + buffer.size, 0);
  }

  /**
   * Compiles the kernels of the step in parallel, on the device's threads. A kernel that was not compiled this way is
   * compiled in the first run, one after another.
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
   * @param options with `submit: false` the launches wait for those that follow, or for the next read, which saves a
   * submission. By default the device begins at once.
   * @throws VisageError when the step, or a tensor from outside that it uses, was disposed, while another step is being
   * traced, or if another step is between two of its parts and both use the workspace.
   */
  run({ submit = true }: { readonly submit?: boolean } = {}): T {
    this.#prepare();
    this.#launch(0, this.#commands.length);
    return this.#finish(submit);
  }

  /**
   * As {@link RecordedStep.run}, but in parts: when the first `cuts[k]` launches were issued, they are submitted,
   * and `between(k)` is awaited. Meanwhile no other step that uses the workspace can run.
   *
   * @param cuts ascending, from 0 to {@link RecordedStep.dispatches}.
   */
  async runInParts(cuts: readonly number[], between: (cut: number) => void | Promise<void>): Promise<T> {
    this.#prepare();
    unfinished.set(this.#gpu, this);
    try {
      for (const [number, cut] of cuts.entries()) {
        this.#launch(cuts[number - 1] ?? 0, cut);
        this.#gpu.flush();
        await between(number);
        this.#gpu.faults.checkLost();
      }
      this.#launch(cuts.at(-1) ?? 0, this.#commands.length);
      return this.#finish(true);
    } finally {
      unfinished.delete(this.#gpu);
    }
  }

  /** How many launches a run must have issued before `buffer` is complete; 0 if no launch of a run writes it. */
  completeAfter({ whole }: GpuBuffer): number {
    return this.#commands.reduce((last, { command }, k) => (writtenBy(command).includes(whole) ? k + 1 : last), 0);
  }

  #prepare(): void {
    if (this.#disposed) throw new VisageError('run: this recorded step was disposed');
    if (this.#gpu.tracing)
      throw new VisageError('run: another step is being traced, where nothing runs; steps do not nest');
    if (this.#blocks.length > 0 && unfinished.has(this.#gpu))
      throw new VisageError('run: another step is between two of its parts, and its results would be overwritten');
    this.#gpu.faults.checkLost();
    if (this.#faults !== this.#gpu.faults.count) this.#checkLaunches();
    this.#checkInputs();
    for (const { buffer, by } of this.#pinned) if (buffer.version > by.ran) throw by.refuse(buffer);
    if (this.#moves !== this.#gpu.moves) this.#bindAgain();
    if (this.#versions !== versionOf(this.#sources)) this.#computeConstants();
    this.#gpu.stream.note(this.#begin);
  }

  /** Issues the launches from number `from` to before number `to`. */
  #launch(from: number, to: number): void {
    for (const { command, group, trial } of this.#commands.slice(from, to))
      this.#gpu.stream.launch(command, group, trial);
  }

  #finish(submit: boolean): T {
    const moment = nextMoment();
    for (const buffer of this.#changed) buffer.changed(moment);
    if (submit) this.#gpu.flush();
    return this.result;
  }

  /** Throws if the device is known to refuse a launch of the step. */
  #checkLaunches(): void {
    for (const { command, trial } of [...this.#constants, ...this.#commands]) {
      const failure = command.pipeline.failure ?? trial.failure;
      if (failure) throw this.#gpu.faults.reported(failure);
    }
    this.#faults = this.#gpu.faults.count;
  }

  #computeConstants(): void {
    for (const constant of this.#constants) {
      const version = versionOf(constant.sources);
      if (constant.version === version) continue; // another step has computed it
      const { command, group, trial } = constant;
      this.#gpu.stream.note(() => heal(writtenBy(command)));
      this.#gpu.stream.launch(command, group, trial);
      constant.version = version;
    }
    this.#versions = versionOf(this.#sources);
  }

  /**
   * Throws if an input was freed: its memory may hold another tensor by now. A view counts as freed when its whole is.
   */
  #checkInputs(): void {
    if (!this.#inputs.every((buffer) => this.#gpu.holds(buffer))) {
      throw new VisageError(
        'recorded step: a tensor from outside that it uses was freed; keep() it as long as the step, or record the step again',
      );
    }
  }

  /** Gives the step's memory back; its results are gone then. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#giveBack();
    for (const buffer of this.#virtual) {
      buffer.markReleased();
      buffer.detach();
    }
    this.#commands = [];
    this.#constants = [];
  }
}

/** Notes that the buffers are about to be written again, so that an earlier failure no longer spoils them. */
function heal(buffers: Iterable<GpuBuffer>): void {
  for (const buffer of buffers) buffer.spoil(undefined);
}
