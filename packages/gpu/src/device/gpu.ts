import type { AdapterDescription } from '../core/adapter.ts';
import { checkProcessors, type DeviceProfile, deviceProfile } from '../core/deviceProfile.ts';
import { VisageError } from '../core/errors.ts';
import { nextMoment } from '../core/moments.ts';
import { BindGroupCache } from '../launch/bindGroups.ts';
import { type Command, checkAliasing, checkGrid, checkUsable, type Dispatch, noteChanges } from '../launch/commands.ts';
import { Faults } from '../launch/faults.ts';
import { PipelineCache } from '../launch/pipelines.ts';
import { type ProfileRow, timeKernels } from '../launch/profiler.ts';
import { CommandStream } from '../launch/stream.ts';
import { Trials } from '../launch/trials.ts';
import { GpuBuffer } from '../memory/buffer.ts';
import { BufferPool, type MemoryUse } from '../memory/pool.ts';
import { GradientGuard, type SavedBy } from '../memory/saved.ts';
import { enterScope, leaveScopes } from '../memory/scopes.ts';
import { Workspace } from '../memory/workspace.ts';
import { ConstantStore } from '../record/hoistConstants.ts';
import { Trace } from '../record/trace.ts';
import { enclosingChoice } from '../select/choices.ts';
import { Transfers, type TransferUse } from '../transfer/transfers.ts';
import { TuningMemo } from '../tuning/memo.ts';
import type { GpuOptions } from './create.ts';
import { registerDevice } from './recording.ts';

let opened = 0;

/**
 * A WebGPU device with its buffer pool, pipeline cache and command stream.
 *
 * {@link Gpu.dispatch} encodes kernels in order and submits them in batches. A buffer belongs to the scope that was the
 * innermost when it was made.
 */
export class Gpu {
  /** The name of the adapter and a number, because two devices may be of one adapter. */
  readonly name: string;
  /** Device memory. */
  readonly pool: BufferPool;
  /** Compiled kernels. */
  readonly pipelines: PipelineCache;
  /** What went wrong. */
  readonly faults = new Faults();
  /** Which launches are known to be valid. */
  readonly trials: Trials;
  /** Encodes and submits launches. */
  readonly stream: CommandStream;
  /** What recorded steps compute only once; see {@link RecordedStep}. */
  readonly constants: ConstantStore;
  /** Memory for the intermediate results of recorded steps. */
  readonly workspace: Workspace;
  /** Copies between the host and device memory. */
  readonly transfers: Transfers;
  /** How often buffers were moved to other memory, which {@link packBuffers} does. */
  moves = 0;
  #bindGroups: BindGroupCache;
  #trace: Trace | undefined;
  readonly #gradient = new GradientGuard(this);

  /** Is every kernel submitted by itself? That is slow. */
  readonly debug: boolean;
  /** Are kernels chosen by their fixed order alone, without {@link Gpu.tuning}? */
  readonly deterministic: boolean;
  /** Do recorded steps fuse launches that do not depend on each other? */
  readonly fuse: boolean;
  /**
   * The kernel variants that were measured to be the fastest on this adapter; empty until something is measured or
   * loaded.
   */
  readonly tuning = new TuningMemo();

  readonly #processors: number | undefined;

  constructor(
    readonly device: GPUDevice,
    readonly adapter: AdapterDescription,
    {
      debug = false,
      deterministic = false,
      fuse = !adapter.software,
      processors,
    }: Pick<GpuOptions, 'debug' | 'deterministic' | 'fuse' | 'processors'> = {},
  ) {
    this.#processors = processors === undefined ? undefined : checkProcessors('openGpu', processors);
    this.name = `${adapter.name} (device ${++opened})`;
    this.debug = debug;
    this.deterministic = deterministic;
    this.fuse = fuse;
    this.pool = new BufferPool(device, (error) => this.faults.add(error));
    this.trials = new Trials(device, this.pool);
    this.stream = new CommandStream(device, this.faults, this.pool, debug);
    this.constants = new ConstantStore(this.trials, this.pool);
    this.workspace = new Workspace(device, this.pool);
    this.transfers = new Transfers(this);
    this.pipelines = new PipelineCache(device);
    this.#bindGroups = new BindGroupCache(this.trials);
    const forget = registerDevice(this);
    this.faults.listen(device, () => {
      forget();
      this.transfers.close();
    });
  }

  /**
   * Makes a buffer of `bytes` bytes, rounded up to a multiple of 4. It belongs to the innermost scope, or to the caller
   * if there is none. Its content is undefined.
   *
   * @throws ArgumentError if the buffer is larger than the device allows, DeviceLostError if the device was lost.
   */
  alloc(bytes: number): GpuBuffer {
    const size = Math.max(4, Math.ceil(bytes / 4) * 4);
    if (this.#trace) {
      const buffer = new GpuBuffer(size, undefined, this);
      this.#trace.virtual.add(buffer);
      return buffer;
    }
    this.faults.checkLost();
    const buffer = new GpuBuffer(size, this.pool.take(size), this);
    enterScope(buffer);
    return buffer;
  }

  /**
   * Makes a buffer with a copy of host memory. Inside a traced step the content is a constant of that step.
   *
   * @throws ArgumentError if the buffer is larger than the device allows, DeviceLostError if the device was lost.
   */
  upload(data: ArrayBufferView): GpuBuffer {
    this.faults.checkLost();
    const size = Math.max(4, Math.ceil(data.byteLength / 4) * 4);
    const buffer = new GpuBuffer(size, this.pool.take(size), this);
    if (this.#trace) this.#trace.uploads.add(buffer);
    else enterScope(buffer);
    // a flush would part the launches around it into two submissions
    if (this.pool.isAwaited(buffer.resource as GPUBuffer)) this.flush();
    buffer.changed(nextMoment());
    this.transfers.write(buffer, data);
    return buffer;
  }

  /**
   * Overwrites the beginning of a buffer. Launches that were issued before see the old content, launches that are
   * issued later see the new one.
   *
   * @throws VisageError if the buffer has no memory or is too small, DeviceLostError if the device was lost.
   */
  write(buffer: GpuBuffer, data: ArrayBufferView): void {
    this.checkWritable('write', buffer);
    if (data.byteLength > buffer.bytes)
      throw new VisageError(`write: ${data.byteLength} bytes do not fit into a buffer of ${buffer.bytes}`);
    this.overwritten(buffer, data.byteLength > buffer.bytes - 4);
    this.transfers.write(buffer, data);
  }

  /** @throws VisageError that names `op` if the host cannot write to a buffer now. */
  checkWritable(op: string, buffer: GpuBuffer): void {
    this.faults.checkLost();
    if (buffer.released || !buffer.resource)
      throw new VisageError(`${op}: the buffer has no memory (released, or made inside a traced step)`);
    if (this.#trace && !this.#trace.uploads.has(buffer))
      throw new VisageError(`${op}: a traced step would do it once and no run again; write before run()`);
  }

  /** Submits the launches so far, and notes that the host overwrites a buffer behind them, all of it or a part. */
  overwritten(buffer: GpuBuffer, whole: boolean): void {
    buffer.changed(nextMoment());
    this.flush();
    if (whole) this.stream.note(() => buffer.spoil(undefined));
  }

  /**
   * Gives a buffer's memory back to the pool. Memory that a recorded step owns stays with the step until the step is
   * disposed.
   */
  release(buffer: GpuBuffer): void {
    if (buffer.released || buffer.owner !== buffer || buffer.ownedByStep || this.#trace?.owns(buffer)) return;
    buffer.markReleased();
    leaveScopes(buffer);
    if (!buffer.isFree) return;
    const memory = buffer.detach();
    if (memory) this.pool.give(memory);
  }

  /** Can a kernel use the buffer now? That is so if it has memory, or if the step that is being traced made it. */
  holds(buffer: GpuBuffer): boolean {
    if (buffer.released) return false;
    return buffer.resource !== undefined || this.#trace?.virtual.has(buffer.whole) === true;
  }

  /** The moment at which the content of a buffer last changed; the writes of a step that is being traced count too. */
  versionOf(buffer: GpuBuffer): number {
    return this.#trace?.versionOf(buffer) ?? buffer.version;
  }

  /**
   * Runs `fn`, which computes the gradient of `op` and must not be async. A launch in it that reads a buffer which
   * existed when the op ran, and was overwritten since, throws the error that the op's `refuse` makes.
   */
  differentiate<T>(op: SavedBy, fn: () => T): T {
    return this.#gradient.during(op, fn);
  }

  /**
   * Runs `fn`, which computes an op again inside a gradient and must not be async, as if the op ran for the first time.
   * Of the buffers that existed when the op ran, only `inputs` must be unchanged.
   */
  recompute<T>(inputs: readonly GpuBuffer[], fn: () => T): T {
    for (const input of inputs) this.checkSaved(input);
    return this.#gradient.without(fn);
  }

  /** Is the gradient of an op being computed and, if `buffer` is given, did the buffer exist when the op ran? */
  saved(buffer?: GpuBuffer): boolean {
    return buffer === undefined ? this.#gradient.isActive : this.#gradient.isSaved(buffer);
  }

  /**
   * @throws the error that the op's `refuse` makes, if a gradient is being computed and the buffer was overwritten
   * since the op ran.
   */
  checkSaved(buffer: GpuBuffer): void {
    this.#gradient.check(buffer, this.#trace);
  }

  /**
   * Launches a kernel: encodes it, or only adds it to the trace if a step is being traced.
   *
   * If the device refuses the launch, the buffers that it should have written are spoiled, and so is what is computed
   * from them: to read any of them throws the error. The device reports the refusal later; from then on the same launch
   * throws at once.
   *
   * @throws VisageError if the grid, a buffer or the kernel is invalid, DeviceLostError if the device was lost.
   */
  dispatch({ program, buffers, grid, flops = 0, choice = enclosingChoice(), replaces, fills }: Dispatch): void {
    this.faults.checkLost();
    checkGrid(program.name, grid);
    for (const buffer of buffers) checkUsable(program.name, buffer, this);
    const pipeline = this.pipelines.get(program);
    if (pipeline.failure) throw this.faults.reported(pipeline.failure);
    const command: Command = { pipeline, program, buffers, grid, flops, choice, replaces, fills };
    checkAliasing(command);
    if (this.#gradient.isActive) {
      const { writes } = pipeline;
      for (let at = 0; at < buffers.length; at++) if (!writes[at]) this.checkSaved(buffers[at] as GpuBuffer);
    }
    if (this.#trace) {
      this.#trace.add(command);
      return;
    }
    const { group, trial } = this.#bindGroups.get(command);
    if (trial.failure) throw this.faults.reported(trial.failure);
    noteChanges(command);
    this.stream.launch(command, group, trial);
  }

  /** Submits the launches that were encoded so far. */
  flush(): void {
    this.stream.flush();
  }

  /**
   * @throws the first failure that the device has reported and no call has thrown yet, or DeviceLostError, each time,
   * if the device was lost.
   */
  check(): void {
    this.faults.check();
  }

  /** Waits until everything that was issued is done. @throws as {@link Gpu.check} does. */
  async sync(): Promise<void> {
    this.flush();
    const done = this.stream.awaited();
    await this.device.queue.onSubmittedWorkDone();
    done();
    await this.stream.settled;
    this.check();
  }

  /**
   * Copies a buffer to the host, after everything that was issued before.
   *
   * @throws VisageError while a step is being traced, if the buffer has no memory, or, naming the kernel, if a launch
   * failed that the content depends on.
   */
  async read(buffer: GpuBuffer): Promise<ArrayBuffer> {
    this.checkReadable('read', buffer);
    return this.transfers.read(buffer);
  }

  /** @throws VisageError that names `op` if the host cannot read a buffer now. */
  checkReadable(op: string, buffer: GpuBuffer): void {
    if (this.#trace)
      throw new VisageError(`${op}: a traced step cannot read values; return the tensor and read it after run()`);
    if (buffer.released || !buffer.resource)
      throw new VisageError(`${op}: the tensor was freed with its scope; return it from the scope or keep() it`);
    this.faults.checkLost();
  }

  /** Takes a buffer out of every open scope, so that it lives until {@link Gpu.release}. */
  adopt(buffer: GpuBuffer): void {
    leaveScopes(buffer.owner);
  }

  /**
   * Begins to trace: launches are collected instead of run, and new buffers get no memory. {@link recordStep} makes a
   * step of the trace.
   */
  beginTrace(): Trace {
    this.#trace = new Trace();
    return this.#trace;
  }

  /** Ends what {@link Gpu.beginTrace} began. */
  endTrace(): void {
    this.#trace = undefined;
  }

  /** Is a step being traced? */
  get tracing(): boolean {
    return this.#trace !== undefined;
  }

  /**
   * Runs `fn`, which may be async, and times every kernel that it launches.
   *
   * @returns a row for each kernel, the one with the most time first.
   * @throws VisageError if the device lacks the feature `timestamp-query`.
   */
  timeKernels(fn: () => void | Promise<void>): Promise<ProfileRow[]> {
    return timeKernels(this, fn);
  }

  /** What kernels are chosen by. If the device is {@link Gpu.deterministic}, its tuning memo is not asked. */
  get profile(): DeviceProfile {
    return deviceProfile(
      this.#processors,
      this.deterministic ? undefined : this.tuning.processors,
      this.adapter.processors,
    );
  }

  /** How much device memory is in use. */
  get memory(): MemoryUse {
    return this.pool.use;
  }

  /** How much host memory the transfers have. */
  get transferMemory(): TransferUse {
    return this.transfers.use;
  }

  /** Gives free memory back to the system, and forgets cached bind groups. */
  trim(): void {
    this.flush();
    this.transfers.clear();
    this.#bindGroups.clear();
    this.pool.trim();
  }

  /** Destroys the device and everything on it. */
  destroy(): void {
    this.transfers.close();
    this.device.destroy();
  }
}
