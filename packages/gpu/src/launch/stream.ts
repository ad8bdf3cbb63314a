import { ValidationError, type VisageError } from '../core/errors.ts';
import type { BufferPool } from '../memory/pool.ts';
import type { Command } from './commands.ts';
import type { Entry, Faults, StreamEvent } from './faults.ts';
import type { Profiler } from './profiler.ts';
import type { Trial } from './trials.ts';

const DISPATCHES_PER_SUBMIT = 64; // between 32 and 128 the host cost is flat; fewer leaves the GPU idle
const EVERYTHING = ['validation', 'out-of-memory', 'internal'] as const;
const MOST_NAMES = 5; // of kernels in an error

/** What was handed to the queue in one go. */
interface Submission {
  readonly entries: readonly Entry[];
  readonly blame: (message: string) => VisageError;
  readonly accept: (() => void) | undefined;
  /** Error scopes that the device has not spoken of. */
  scopes: number;
  message?: string;
  settled?: Promise<void>;
  settle?: () => void;
}

/**
 * Encodes launches in order and submits them in batches, each inside an error scope, so that a failure is told by the launches that it spoiled.
 *
 * A launch of a kind that was not seen to be valid before is submitted by itself; see {@link Trial}.
 */
export class CommandStream {
  profiler: Profiler | undefined;
  readonly #device: GPUDevice;
  readonly #faults: Faults;
  readonly #pool: BufferPool;
  /** Every launch is submitted by itself. */
  readonly #debug: boolean;
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #pending = 0;
  /** What was encoded, or happened, since the last submission. */
  #entries: Entry[] = [];
  /** What was submitted, oldest first, until the device has said that it was valid. */
  readonly #inFlight: Submission[] = [];

  constructor(device: GPUDevice, faults: Faults, pool: BufferPool, debug: boolean) {
    this.#device = device;
    this.#faults = faults;
    this.#pool = pool;
    this.#debug = debug;
  }

  /** Adds one launch. */
  launch(command: Command, group: GPUBindGroup, trial: Trial): void {
    if ((this.#debug || !trial.proven) && !this.profiler) {
      this.#launchAlone(command, group, trial);
      return;
    }
    this.#entries.push(command);
    const pass = this.#passFor(command);
    pass.setPipeline(command.pipeline.handle);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(command.grid[0], command.grid[1], command.grid[2]);
    if (this.profiler) pass.end();
    if (++this.#pending >= DISPATCHES_PER_SUBMIT) this.flush();
  }

  #passFor(command: Command): GPUComputePassEncoder {
    this.#encoder ??= this.#device.createCommandEncoder();
    if (!this.profiler) {
      this.#pass ??= this.#encoder.beginComputePass();
      return this.#pass;
    }
    let timestampWrites = this.profiler.next(command);
    if (!timestampWrites) {
      this.flush();
      this.#encoder = this.#device.createCommandEncoder();
      timestampWrites = this.profiler.next(command) as GPUComputePassTimestampWrites;
    }
    return this.#encoder.beginComputePass({ timestampWrites });
  }

  #launchAlone(command: Command, group: GPUBindGroup, trial: Trial): void {
    this.flush();
    const { handle, name } = command.pipeline; // compiled here, in an error scope of its own
    const encode = (encoder: GPUCommandEncoder): void => {
      const pass = encoder.beginComputePass();
      pass.setPipeline(handle);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(command.grid[0], command.grid[1], command.grid[2]);
      pass.end();
    };
    const blame = (message: string): VisageError => {
      const memory = trial.memory.map((each) => this.#pool.failureOf(each)).find((error) => error !== undefined);
      const failure = memory ?? command.pipeline.failure ?? new ValidationError(`${name}: ${trial.cause ?? message}`);
      trial.failure = failure;
      if (!memory && trial.kind) trial.kind.failure = failure;
      return failure;
    };
    const accept = (): void => {
      trial.proven = true;
      if (trial.kind) trial.kind.proven = true;
    };
    this.submit(encode, command, blame, accept);
  }

  /** Notes what happens to buffers between the launches. */
  note(event: StreamEvent): void {
    this.#entries.push(event);
  }

  /**
   * Submits something else than launches, or a single one, by itself; what was encoded before must be flushed.
   *
   * @param blame makes the error from what the device says.
   */
  submit(
    encode: (encoder: GPUCommandEncoder) => void,
    entry: Entry,
    blame: (message: string) => VisageError,
    accept?: () => void,
  ): void {
    this.#entries.push(entry);
    for (const filter of EVERYTHING) this.#device.pushErrorScope(filter);
    const popped: Promise<GPUError | null>[] = [];
    try {
      const encoder = this.#device.createCommandEncoder();
      encode(encoder);
      this.#device.queue.submit([encoder.finish()]);
    } finally {
      for (const _ of EVERYTHING) popped.push(this.#device.popErrorScope());
      this.#watch(popped, blame, accept);
    }
  }

  /** Submits what is encoded. */
  flush(): void {
    const encoder = this.#encoder;
    if (!encoder) return;
    this.#pass?.end();
    const collect = this.profiler?.resolve(encoder);
    const entries = this.#entries;
    this.#device.pushErrorScope('validation');
    this.#device.queue.submit([encoder.finish()]);
    this.#watch([this.#device.popErrorScope()], (message) => new ValidationError(`${namesOf(entries)}: ${message}`));
    collect?.();
    this.#encoder = this.#pass = undefined;
    this.#pending = 0;
    this.#pool.shrink();
  }

  /** Resolves when the device has said of everything submitted so far whether it was valid. */
  get settled(): Promise<void> {
    const latest = this.#inFlight.at(-1);
    if (!latest) return Promise.resolve();
    latest.settled ??= new Promise((resolve) => {
      latest.settle = resolve;
    });
    return latest.settled;
  }

  /** Waits for what the device says of a submission of all entries so far. */
  #watch(
    popped: readonly Promise<GPUError | null>[],
    blame: (message: string) => VisageError,
    accept?: () => void,
  ): void {
    const submission: Submission = { entries: this.#entries, blame, accept, scopes: popped.length };
    this.#entries = [];
    this.#inFlight.push(submission);
    const hear = (error: GPUError | null): void => {
      submission.scopes--;
      submission.message ??= error?.message;
      if (submission.scopes === 0) this.#settle();
    };
    // A lost device refuses to say: that error speaks for itself.
    for (const each of popped) each.then(hear, () => hear(null));
  }

  /** Carries failures forward through the submissions that the device has spoken of, in their order. */
  #settle(): void {
    while (this.#inFlight[0]?.scopes === 0) {
      const { entries, message, blame, accept, settle } = this.#inFlight.shift() as Submission;
      if (message === undefined) accept?.();
      this.#faults.settle(entries, message === undefined ? undefined : blame(message));
      settle?.();
    }
  }
}

/** The kernels of a submission, for an error of which only that much is known. */
function namesOf(entries: readonly Entry[]): string {
  const names = new Set(entries.flatMap((entry) => (typeof entry === 'function' ? [] : [entry.pipeline.name])));
  const some = [...names].slice(0, MOST_NAMES).join(', ');
  return names.size === 1 ? some : `one of ${some}${names.size > MOST_NAMES ? ' and others' : ''}`;
}
