import type { AdapterDescription } from './adapter.ts';
import { BindGroupCache } from './bindGroups.ts';
import { GpuBuffer } from './buffer.ts';
import { runChecked } from './checked.ts';
import { enclosingChoice, type KernelChoice } from './choices.ts';
import { type Command, checkApart, writtenBy } from './commands.ts';
import { ConstantStore } from './constants.ts';
import type { GpuOptions } from './create.ts';
import { DeviceLostError, ValidationError, VisageError } from './errors.ts';
import { checkProcessors, type Hardware, hardwareOf } from './hardware.ts';
import { PipelineCache } from './pipelines.ts';
import { BufferPool, type MemoryUse } from './pool.ts';
import { type ProfileRow, Profiler } from './profiler.ts';
import type { Program } from './program.ts';
import { RecordedStep } from './recorded.ts';
import { refuseAsync } from './synchronous.ts';
import { Trace } from './trace.ts';
import { Staging, writeBytes } from './transfer.ts';
import { TuningMemo } from './tuning/memo.ts';
import { Workspace } from './workspace.ts';

/** One kernel launch. */
export interface Dispatch {
  readonly program: Program;
  /** One buffer per binding, in order. */
  readonly buffers: readonly GpuBuffer[];
  readonly grid: readonly [number, number, number];
  readonly flops?: number;
  /** Default: the one that it is launched under; see {@link underChoice}. */
  readonly choice?: KernelChoice;
}

const DISPATCHES_PER_SUBMIT = 64; // between 32 and 128 the host cost is flat; fewer leaves the GPU idle

/**
 * A WebGPU device with its buffer pool, pipeline cache and command stream.
 *
 * Kernels launched through {@link Gpu.dispatch} are encoded in order and submitted in batches. Buffers belong to the innermost open scope.
 */
export class Gpu {
  readonly pool: BufferPool;
  readonly pipelines: PipelineCache;
  /** What recorded steps compute once; see {@link RecordedStep}. */
  readonly constants: ConstantStore;
  /** Where recorded steps compute. */
  readonly workspace: Workspace;
  /** How often buffers were moved to other memory; see {@link layTogether}. */
  moves = 0;
  #bindGroups: BindGroupCache;
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #pending = 0;
  #failure: VisageError | undefined;
  #trace: Trace | undefined;
  #scopes: Set<GpuBuffer>[] = [];
  #profiler: Profiler | undefined;

  /** Every kernel runs in error scopes of its own, so that an error names the kernel that caused it. Slow. */
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
    this.debug = debug;
    this.deterministic = deterministic;
    this.pool = new BufferPool(device);
    this.constants = new ConstantStore(device, this.pool);
    this.workspace = new Workspace(device, this.pool);
    this.pipelines = new PipelineCache(device, (message) => this.#fail(new ValidationError(message)));
    this.#bindGroups = new BindGroupCache(device);
    device.addEventListener('uncapturederror', (event) => {
      const { message } = (event as GPUUncapturedErrorEvent).error;
      // Consequences of a kernel that did not compile say nothing; the pipeline cache reports the cause.
      if (!message.includes('due to a previous error') && !message.includes('[Invalid '))
        this.#fail(new ValidationError(message));
    });
    device.lost.then(({ reason, message }) => {
      this.#fail(new DeviceLostError(reason === 'destroyed' ? 'the device was destroyed' : `device lost: ${message}`));
    });
  }

  /** Takes memory for `bytes` (rounded up to 4). Owned by the innermost scope, or by the caller when there is none. */
  alloc(bytes: number): GpuBuffer {
    const size = Math.max(4, Math.ceil(bytes / 4) * 4);
    if (this.#trace) {
      const buffer = new GpuBuffer(size);
      this.#trace.virtual.add(buffer);
      return buffer;
    }
    const buffer = new GpuBuffer(size, this.pool.take(size));
    this.#scopes.at(-1)?.add(buffer);
    return buffer;
  }

  /** Allocates and fills a buffer from host memory. Inside a traced step the content is a constant of that step. */
  upload(data: ArrayBufferView): GpuBuffer {
    const size = Math.max(4, Math.ceil(data.byteLength / 4) * 4);
    const buffer = new GpuBuffer(size, this.pool.take(size));
    if (this.#trace) this.#trace.uploads.add(buffer);
    else this.#scopes.at(-1)?.add(buffer);
    this.write(buffer, data);
    return buffer;
  }

  /** Overwrites the start of a buffer. Commands issued before see the old content, commands issued after the new. */
  write(buffer: GpuBuffer, data: ArrayBufferView): void {
    if (buffer.released || !buffer.resource)
      throw new VisageError('write: the buffer has no memory (released, or made inside a traced step)');
    if (data.byteLength > buffer.bytes)
      throw new VisageError(`write: ${data.byteLength} bytes do not fit into a buffer of ${buffer.bytes}`);
    if (this.#trace && !this.#trace.uploads.has(buffer))
      throw new VisageError('write: a traced step would do it once and no run again; write before run()');
    buffer.version++;
    this.flush();
    writeBytes(this.device.queue, buffer.resource, buffer.offset, data);
  }

  /** Gives a buffer's memory back to the pool. What a step owns stays with it until the step is disposed. */
  release(buffer: GpuBuffer): void {
    if (buffer.released || buffer.owner !== buffer || buffer.ownedByStep || this.#trace?.owns(buffer)) return;
    buffer.released = true;
    for (const scope of this.#scopes) scope.delete(buffer);
    if (!buffer.unused) return;
    if (buffer.resource) this.pool.give(buffer.resource);
    buffer.resource = undefined;
  }

  /** Can a kernel use the buffer now? True if it has memory, or is made by the step that is being traced. */
  holds(buffer: GpuBuffer): boolean {
    if (buffer.released) return false;
    return buffer.resource !== undefined || this.#trace?.virtual.has(buffer.whole) === true;
  }

  /** A number that grows with each change of a buffer's content, those of the step that is being traced included. */
  versionOf(buffer: GpuBuffer): number {
    return buffer.version + (this.#trace?.changes.get(buffer.whole) ?? 0);
  }

  /** Launches a kernel: encodes it now, or notes it if a step is being traced. */
  dispatch({ program, buffers, grid, flops = 0, choice = enclosingChoice() }: Dispatch): void {
    if (this.#failure) throw this.#failure;
    if (grid.some((n) => !Number.isInteger(n) || n < 1 || n > 65535)) {
      throw new VisageError(`${program.name}: grid [${grid}] must be integers from 1 to 65535`);
    }
    for (const buffer of buffers) {
      if (this.holds(buffer)) continue;
      throw new VisageError(
        `${program.name}: a tensor was freed with its scope or step; return it from there, or keep() it`,
      );
    }
    const command: Command = { pipeline: this.pipelines.get(program), program, buffers, grid, flops, choice };
    checkApart(command);
    if (this.#trace) {
      this.#trace.add(command);
      return;
    }
    for (const buffer of writtenBy(command)) buffer.version++;
    this.encode(command, this.#bindGroups.get(command));
  }

  /** Adds one command to the stream. Recorded steps call it with the bind groups that they keep. */
  encode(command: Command, group: GPUBindGroup): void {
    if (this.debug && !this.#profiler) {
      this.flush();
      runChecked(this.device, command, group, (error) => this.#fail(error));
      return;
    }
    this.#encoder ??= this.device.createCommandEncoder();
    let pass = this.#pass;
    if (this.#profiler) {
      let timestampWrites = this.#profiler.next(command);
      if (!timestampWrites) {
        this.flush();
        this.#encoder = this.device.createCommandEncoder();
        timestampWrites = this.#profiler.next(command) as GPUComputePassTimestampWrites;
      }
      pass = this.#encoder.beginComputePass({ timestampWrites });
    } else if (!pass) {
      pass = this.#pass = this.#encoder.beginComputePass();
    }
    pass.setPipeline(command.pipeline.handle);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(command.grid[0], command.grid[1], command.grid[2]);
    if (this.#profiler) pass.end();
    if (++this.#pending >= DISPATCHES_PER_SUBMIT) this.flush();
  }

  /** Submits what is encoded. */
  flush(): void {
    if (!this.#encoder) return;
    this.#pass?.end();
    const collect = this.#profiler?.resolve(this.#encoder);
    this.device.queue.submit([this.#encoder.finish()]);
    collect?.();
    this.#encoder = this.#pass = undefined;
    this.#pending = 0;
  }

  /** Throws what has gone wrong so far, as far as the device has told. */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  /** Waits until everything issued so far is done; throws what went wrong meanwhile. */
  async sync(): Promise<void> {
    this.flush();
    await this.device.queue.onSubmittedWorkDone();
    if (this.#failure) throw this.#failure;
  }

  /** Copies a buffer to the host, in stream order. */
  async read(buffer: GpuBuffer): Promise<ArrayBuffer> {
    if (this.#trace)
      throw new VisageError('read: a traced step cannot read values; return the tensor and read it after run()');
    if (buffer.released || !buffer.resource)
      throw new VisageError('read: the tensor was freed with its scope; return it from the scope or keep() it');
    this.#pass?.end();
    this.#pass = undefined;
    this.#encoder ??= this.device.createCommandEncoder();
    const staging = new Staging(this.device, this.#encoder, buffer);
    this.flush();
    const copy = await staging.contents().catch((cause) => {
      throw this.#failure ?? new VisageError(`read: ${String(cause)}`);
    });
    if (this.#failure) throw this.#failure;
    return copy;
  }

  /** Runs `fn` and frees every buffer made inside, except those that `keep` names; they pass to the scope outside. */
  scope<T>(fn: () => T, keep: (result: T) => Iterable<GpuBuffer>): T {
    if (this.#trace) return fn(); // liveness frees a traced step's buffers
    const made = new Set<GpuBuffer>();
    this.#scopes.push(made);
    let kept: Iterable<GpuBuffer> = [];
    try {
      const result = fn();
      refuseAsync('scope', result);
      kept = keep(result);
      return result;
    } finally {
      this.#scopes.pop();
      const outer = this.#scopes.at(-1);
      for (const { owner } of kept) if (made.delete(owner)) outer?.add(owner);
      for (const buffer of made) this.release(buffer);
    }
  }

  /** Takes a buffer out of every open scope: from now on it lives until {@link Gpu.release}. */
  adopt(buffer: GpuBuffer): void {
    for (const scope of this.#scopes) scope.delete(buffer.owner);
  }

  /** Traces `fn` without running it, plans its memory, and returns a step that replays its kernels. */
  record<T>(fn: () => T, keep: (result: T) => Iterable<GpuBuffer>): RecordedStep<T> {
    if (this.#trace) throw new VisageError('record: a step is being traced already; steps do not nest');
    const trace = new Trace();
    this.#trace = trace;
    try {
      const result = fn();
      refuseAsync('record', result);
      return new RecordedStep(this, trace, result, new Set([...keep(result)].map(({ whole }) => whole)));
    } catch (error) {
      for (const buffer of trace.uploads) if (buffer.resource) this.pool.give(buffer.resource);
      throw error;
    } finally {
      this.#trace = undefined;
    }
  }

  get tracing(): boolean {
    return this.#trace !== undefined;
  }

  /** Times every kernel that `fn` launches; see {@link ProfileRow}. Needs the `timestamp-query` feature. */
  async profile(fn: () => void | Promise<void>): Promise<ProfileRow[]> {
    if (!this.device.features.has('timestamp-query')) {
      throw new VisageError('profile: this adapter has no timestamp-query; time whole runs with sync() instead');
    }
    await this.sync();
    const profiler = new Profiler(this.device);
    this.#profiler = profiler;
    try {
      await fn();
      await this.sync();
    } finally {
      this.#profiler = undefined;
    }
    return profiler.table();
  }

  /** How wide the GPU is, for the kernels' choices; a {@link Gpu.deterministic} one does not ask its memo. */
  get hardware(): Hardware {
    return hardwareOf(
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

  #fail(error: VisageError): void {
    this.#failure ??= error;
  }
}
