import type { AdapterDescription } from '../core/adapter.ts';
import { checkProcessors, type DeviceProfile, deviceProfile } from '../core/deviceProfile.ts';
import { DynamicScope } from '../core/dynamicScope.ts';
import { ArgumentError, DeviceLostError, ValidationError, VisageError } from '../core/errors.ts';
import { nextMoment } from '../core/moments.ts';
import type { Program } from '../core/program.ts';
import { BindGroupCache } from '../launch/bindGroups.ts';
import { type Command, checkApart, noteChanges } from '../launch/commands.ts';
import { Faults } from '../launch/faults.ts';
import { PipelineCache } from '../launch/pipelines.ts';
import { type ProfileRow, Profiler } from '../launch/profiler.ts';
import { CommandStream } from '../launch/stream.ts';
import { Staging, writeBytes } from '../launch/transfer.ts';
import { Trials } from '../launch/trials.ts';
import { GpuBuffer } from '../memory/buffer.ts';
import { BufferPool, type MemoryUse } from '../memory/pool.ts';
import { GradientInProgress, type SavedBy } from '../memory/saved.ts';
import { enterScope, leaveScopes } from '../memory/scopes.ts';
import { Workspace } from '../memory/workspace.ts';
import { ConstantStore } from '../record/hoistConstants.ts';
import { Trace } from '../record/trace.ts';
import { enclosingChoice, type KernelChoice } from '../select/choices.ts';
import { TuningMemo } from '../tuning/memo.ts';
import type { GpuOptions } from './create.ts';
import { enrol } from './recording.ts';

/** One kernel launch. */
export interface Dispatch {
  readonly program: Program;
  /** One buffer per binding, in order. */
  readonly buffers: readonly GpuBuffer[];
  readonly grid: readonly [number, number, number];
  readonly flops?: number;
  /** Default: the one that it is launched under; see {@link underChoice}. */
  readonly choice?: KernelChoice;
  /** It writes every element of its first buffer, whatever was there. */
  readonly replaces?: boolean;
}

let opened = 0;

/**
 * A WebGPU device with its buffer pool, pipeline cache and command stream.
 *
 * Kernels launched through {@link Gpu.dispatch} are encoded in order and submitted in batches. Buffers belong to the innermost open scope.
 */
export class Gpu {
  /** Tells devices apart in errors: two may be of one adapter. */
  readonly name: string;
  readonly pool: BufferPool;
  readonly pipelines: PipelineCache;
  /** What went wrong. */
  readonly faults = new Faults();
  /** Which launches are known to be valid. */
  readonly trials: Trials;
  /** Where launches go. */
  readonly stream: CommandStream;
  /** What recorded steps compute once; see {@link RecordedStep}. */
  readonly constants: ConstantStore;
  /** Where recorded steps compute. */
  readonly workspace: Workspace;
  /** How often buffers were moved to other memory; see {@link layTogether}. */
  moves = 0;
  #bindGroups: BindGroupCache;
  #trace: Trace | undefined;
  /** The op's gradient that is being computed. */
  readonly #gradient = new DynamicScope<GradientInProgress | undefined>(undefined);

  /** Every kernel is submitted by itself. Slow. */
  readonly debug: boolean;
  /** Kernels are chosen by their fixed order alone: {@link Gpu.tuning} is not asked. */
  readonly deterministic: boolean;
  /** Which kernel variants were measured to be the fastest on this adapter; empty until something is measured or loaded. */
  readonly tuning = new TuningMemo();

  readonly #processors: number | undefined;

  constructor(
    readonly device: GPUDevice,
    readonly adapter: AdapterDescription,
    {
      debug = false,
      deterministic = false,
      processors,
    }: Pick<GpuOptions, 'debug' | 'deterministic' | 'processors'> = {},
  ) {
    this.#processors = processors === undefined ? undefined : checkProcessors('openGpu', processors);
    this.name = `${adapter.name} (device ${++opened})`;
    this.debug = debug;
    this.deterministic = deterministic;
    this.pool = new BufferPool(device, (error) => this.faults.add(error));
    this.trials = new Trials(device, this.pool);
    this.stream = new CommandStream(device, this.faults, this.pool, debug);
    this.constants = new ConstantStore(this.trials, this.pool);
    this.workspace = new Workspace(device, this.pool);
    this.pipelines = new PipelineCache(device);
    this.#bindGroups = new BindGroupCache(this.trials);
    const strikeOff = enrol(this);
    device.addEventListener('uncapturederror', (event) => {
      const { message } = (event as GPUUncapturedErrorEvent).error;
      // Launches are submitted in error scopes. What arrives here nobody expected; its consequences say nothing new.
      if (!message.includes('due to a previous error') && !message.includes('[Invalid '))
        this.faults.add(new ValidationError(message));
    });
    device.lost.then(({ reason, message }) => {
      strikeOff();
      this.faults.lose(
        new DeviceLostError(reason === 'destroyed' ? 'the device was destroyed' : `device lost: ${message}`),
      );
    });
  }

  /** Takes memory for `bytes` (rounded up to 4). Owned by the innermost scope, or by the caller when there is none. */
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

  /** Allocates and fills a buffer from host memory. Inside a traced step the content is a constant of that step. */
  upload(data: ArrayBufferView): GpuBuffer {
    this.faults.checkLost();
    const size = Math.max(4, Math.ceil(data.byteLength / 4) * 4);
    const buffer = new GpuBuffer(size, this.pool.take(size), this);
    if (this.#trace) this.#trace.uploads.add(buffer);
    else enterScope(buffer);
    this.write(buffer, data);
    return buffer;
  }

  /** Overwrites the start of a buffer. Commands issued before see the old content, commands issued after the new. */
  write(buffer: GpuBuffer, data: ArrayBufferView): void {
    this.faults.checkLost();
    if (buffer.released || !buffer.resource)
      throw new VisageError('write: the buffer has no memory (released, or made inside a traced step)');
    if (data.byteLength > buffer.bytes)
      throw new VisageError(`write: ${data.byteLength} bytes do not fit into a buffer of ${buffer.bytes}`);
    if (this.#trace && !this.#trace.uploads.has(buffer))
      throw new VisageError('write: a traced step would do it once and no run again; write before run()');
    buffer.changed(nextMoment());
    this.flush();
    const whole = data.byteLength > buffer.bytes - 4;
    if (whole) this.stream.note(() => buffer.spoil(undefined));
    const { resource, offset } = buffer;
    const write = (): void => writeBytes(this.device.queue, resource, offset, data);
    if (this.pool.isNew(resource)) this.#unreported(write);
    else write();
  }

  /** Runs `fn`, whose validation errors are consequences of one that is reported elsewhere: that there is no memory behind a buffer. */
  #unreported(fn: () => void): void {
    this.device.pushErrorScope('validation');
    fn();
    this.device.popErrorScope().catch(() => undefined); // of a lost device
  }

  /** Gives a buffer's memory back to the pool. What a step owns stays with it until the step is disposed. */
  release(buffer: GpuBuffer): void {
    if (buffer.released || buffer.owner !== buffer || buffer.ownedByStep || this.#trace?.owns(buffer)) return;
    buffer.released = true;
    leaveScopes(buffer);
    if (!buffer.unused) return;
    if (buffer.resource) this.pool.give(buffer.resource);
    buffer.resource = undefined;
  }

  /** Can a kernel use the buffer now? True if it has memory, or is made by the step that is being traced. */
  holds(buffer: GpuBuffer): boolean {
    if (buffer.released) return false;
    return buffer.resource !== undefined || this.#trace?.virtual.has(buffer.whole) === true;
  }

  /** The moment of the latest change of a buffer's content, those of the step that is being traced included: it grows with each. */
  versionOf(buffer: GpuBuffer): number {
    return this.#trace?.versionOf(buffer) ?? buffer.version;
  }

  /** Runs `fn`, which computes the gradient of an op. What the op had in front of it and was overwritten since is refused to the launches in it. */
  differentiate<T>(op: SavedBy, fn: () => T): T {
    return this.#gradient.run('grad', new GradientInProgress(op, this.#gradient.value), fn);
  }

  /**
   * Runs `fn`, which computes an op of a gradient again as if for the first time: of what the op had in front of it, only `inputs` must be unchanged.
   */
  recompute<T>(inputs: readonly GpuBuffer[], fn: () => T): T {
    for (const input of inputs) this.checkSaved(input);
    return this.#gradient.run('grad', undefined, fn);
  }

  /** Is the gradient of an op being computed, and was the buffer there when the op ran? Without a buffer: is a gradient being computed? */
  saved(buffer?: GpuBuffer): boolean {
    const gradient = this.#gradient.value;
    return gradient !== undefined && (buffer === undefined || gradient.isSaved(buffer));
  }

  /** Throws if the gradient that is being computed must not read the buffer, because it was overwritten since the op ran. */
  checkSaved(buffer: GpuBuffer): void {
    const gradient = this.#gradient.value;
    if (!gradient) return;
    gradient.check(buffer, this);
    if (this.#trace) this.#trace.pinned.push(...gradient.pins(buffer, this.#trace.began));
  }

  /**
   * Launches a kernel: encodes it now, or notes it if a step is being traced.
   *
   * A launch that the device refuses spoils the buffers that it should have written, and what is computed from them: reading them throws the error.
   * The device tells of it later; from then on the same launch throws at once.
   */
  dispatch({ program, buffers, grid, flops = 0, choice = enclosingChoice(), replaces = false }: Dispatch): void {
    this.faults.checkLost();
    if (grid.some((n) => !Number.isInteger(n) || n < 1 || n > 65535)) {
      throw new VisageError(`${program.name}: grid [${grid}] must be integers from 1 to 65535`);
    }
    for (const buffer of buffers) this.#checkUsable(program.name, buffer);
    const pipeline = this.pipelines.get(program);
    if (pipeline.failure) throw this.faults.told(pipeline.failure);
    const command: Command = { pipeline, program, buffers, grid, flops, choice, replaces };
    checkApart(command);
    if (this.#gradient.value) {
      const { writes } = pipeline;
      for (let at = 0; at < buffers.length; at++) if (!writes[at]) this.checkSaved(buffers[at] as GpuBuffer);
    }
    if (this.#trace) {
      this.#trace.add(command);
      return;
    }
    const { group, trial } = this.#bindGroups.get(command);
    if (trial.failure) throw this.faults.told(trial.failure);
    noteChanges(command);
    this.stream.launch(command, group, trial);
  }

  #checkUsable(op: string, buffer: GpuBuffer): void {
    const { home = this } = buffer;
    if (home !== this) {
      throw new ArgumentError(
        op,
        'one of its tensors',
        `on ${home.name}`,
        `on ${this.name}, as another is`,
        'Tensors do not move between devices by themselves: read it with data() and make it anew with tensor(…, { gpu })',
      );
    }
    if (this.holds(buffer)) return;
    throw new VisageError(`${op}: a tensor was freed with its scope or step; return it from there, or keep() it`);
  }

  /** Submits what is encoded. */
  flush(): void {
    this.stream.flush();
  }

  /** Throws what has gone wrong so far and nobody was told of, as far as the device has said; the loss of the device each time. */
  check(): void {
    this.faults.check();
  }

  /** Waits until everything issued so far is done; throws what went wrong meanwhile. */
  async sync(): Promise<void> {
    this.flush();
    await this.device.queue.onSubmittedWorkDone();
    await this.stream.settled;
    this.check();
  }

  /**
   * Copies a buffer to the host, in stream order.
   *
   * @throws VisageError that names the launch, if one failed that the content depends on.
   */
  async read(buffer: GpuBuffer): Promise<ArrayBuffer> {
    if (this.#trace)
      throw new VisageError('read: a traced step cannot read values; return the tensor and read it after run()');
    if (buffer.released || !buffer.resource)
      throw new VisageError('read: the tensor was freed with its scope; return it from the scope or keep() it');
    this.faults.checkLost();
    this.flush();
    const { resource } = buffer;
    let failure: VisageError | undefined;
    const staging = new Staging(this.device);
    this.stream.submit(
      (encoder) => staging.copy(encoder, buffer),
      (refused) => {
        failure = refused ?? buffer.failure;
      },
      (message) => this.pool.failureOf(resource) ?? new ValidationError(`read: ${message}`),
    );
    const { settled } = this.stream;
    const copy = await staging.contents().catch((cause) => new VisageError(`read: ${String(cause)}`));
    await settled;
    this.faults.checkLost();
    if (failure) throw this.faults.told(failure);
    if (copy instanceof VisageError) throw copy;
    return copy;
  }

  /** Takes a buffer out of every open scope: from now on it lives until {@link Gpu.release}. */
  adopt(buffer: GpuBuffer): void {
    leaveScopes(buffer.owner);
  }

  /** From now on launches are noted instead of run, and buffers get no memory; `recordStep` makes a step of the trace. */
  beginTrace(): Trace {
    this.#trace = new Trace();
    return this.#trace;
  }

  endTrace(): void {
    this.#trace = undefined;
  }

  get tracing(): boolean {
    return this.#trace !== undefined;
  }

  /** Times every kernel that `fn` launches; see {@link ProfileRow}. Needs the `timestamp-query` feature. */
  async timeKernels(fn: () => void | Promise<void>): Promise<ProfileRow[]> {
    if (!this.device.features.has('timestamp-query')) {
      throw new VisageError('timeKernels: this adapter has no timestamp-query; time whole runs with sync() instead');
    }
    await this.sync();
    const profiler = new Profiler(this.device);
    this.stream.profiler = profiler;
    try {
      await fn();
      await this.sync();
    } finally {
      this.stream.profiler = undefined;
    }
    return profiler.table();
  }

  /** How wide the GPU is, for the kernels' choices; a {@link Gpu.deterministic} one does not ask its memo. */
  get profile(): DeviceProfile {
    return deviceProfile(
      this.#processors,
      this.deterministic ? undefined : this.tuning.processors,
      this.adapter.processors,
    );
  }

  get memory(): MemoryUse {
    return this.pool.use;
  }

  /** Destroys cached buffers. */
  trim(): void {
    this.flush();
    this.#bindGroups.clear();
    this.pool.trim();
  }

  /** Destroys the device. */
  destroy(): void {
    this.device.destroy();
  }
}
