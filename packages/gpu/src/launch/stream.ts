import { ValidationError, type VisageError } from '../core/errors.ts';
import type { BufferPool } from '../memory/pool.ts';
import type { Command } from './commands.ts';
import type { Entry, Faults, StreamEvent } from './faults.ts';
import type { Profiler } from './profiler.ts';
import type { Trial } from './trials.ts';

const DISPATCHES_PER_SUBMIT = 64; // between 32 and 128 the host cost is flat; fewer leaves the GPU idle
/**
 * Launches of the first submission to an idle device. To encode and submit one takes the host 5 to 12 µs (H200), and
 * the device waits for the whole submission.
 */
const FIRST_TO_IDLE = 8;
/** How much longer each submission is than the one before, while the device works on that one. */
const GROWTH = 1.5;
const EVERYTHING = ['validation', 'out-of-memory', 'internal'] as const;
const MOST_NAMES = 5; // of kernels in an error

/** What was submitted to the queue at once. */
interface Submission {
  readonly entries: readonly Entry[];
  /** Makes the error, if the device refuses the submission with a message. */
  readonly blame: (message: string) => VisageError;
  /** Is called if the device accepts the submission. */
  readonly accept: (() => void) | undefined;
  /** How many error scopes the device has not reported on yet. */
  scopes: number;
  message?: string;
  settled?: Promise<void>;
  settle?: () => void;
}

/**
 * Encodes launches in order and submits them in batches. Each batch has an error scope, so that a failure can be
 * attributed to its launches.
 *
 * The first launch of each kind is submitted by itself; see {@link Trials}.
 */
export class CommandStream {
  /** Times each launch while it is set. */
  profiler: Profiler | undefined;
  readonly #device: GPUDevice;
  readonly #faults: Faults;
  readonly #pool: BufferPool;
  /** Is every launch submitted by itself? */
  readonly #debug: boolean;
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #pending = 0;
  /** Launches after which they are submitted. */
  #portion = DISPATCHES_PER_SUBMIT;
  /** The number of submissions so far. */
  #submissions = 0;
  /** Launches and other events since the last submission, in order. */
  #entries: Entry[] = [];
  /** Submissions, the oldest first, on which the device has not reported yet. */
  readonly #inFlight: Submission[] = [];

  constructor(device: GPUDevice, faults: Faults, pool: BufferPool, debug: boolean) {
    this.#device = device;
    this.#faults = faults;
    this.#pool = pool;
    this.#debug = debug;
  }

  /** Encodes one launch. */
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
    if (++this.#pending >= this.#portion) this.flush();
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
    const { handle, name } = command.pipeline; // the getter compiles the pipeline, in an error scope of its own
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

  /** Adds an event that happens to buffers between the launches. */
  note(event: StreamEvent): void {
    this.#entries.push(event);
  }

  /**
   * Submits the launches that were encoded so far, and behind them, at once, commands that are no launch.
   *
   * @param blame makes the error, if the device refuses commands that no launches precede.
   */
  flushWith(encode: (encoder: GPUCommandEncoder) => void, entry: Entry, blame: (message: string) => VisageError): void {
    const launched = this.#encoder;
    if (!launched || this.profiler) {
      this.flush();
      this.submit(encode, entry, blame);
      return;
    }
    const launches = this.#entries;
    const either = (message: string): VisageError => {
      const error = blame(message);
      return error instanceof ValidationError ? new ValidationError(`${namesOf(launches)}: ${message}`) : error;
    };
    this.#pass?.end();
    this.#encoder = this.#pass = undefined;
    this.#pending = 0;
    this.submit(encode, entry, either, undefined, launched);
    this.#pool.flushed();
  }

  /**
   * Submits a single launch, or commands that are no launch, by itself. What was encoded before must be flushed.
   *
   * @param blame makes the error, if the device refuses the commands with a message.
   * @param accept is called if the device accepts them.
   * @param encoder holds what goes before them. Default: a new one.
   */
  submit(
    encode: (encoder: GPUCommandEncoder) => void,
    entry: Entry,
    blame: (message: string) => VisageError,
    accept?: () => void,
    encoder = this.#device.createCommandEncoder(),
  ): void {
    this.#entries.push(entry);
    for (const filter of EVERYTHING) this.#device.pushErrorScope(filter);
    const popped: Promise<GPUError | null>[] = [];
    try {
      encode(encoder);
      this.#device.queue.submit([encoder.finish()]);
    } finally {
      for (const _ of EVERYTHING) popped.push(this.#device.popErrorScope());
      this.#watch(popped, blame, accept);
    }
  }

  /** Submits the launches that were encoded so far. */
  flush(): void {
    const encoder = this.#encoder;
    if (!encoder) {
      this.#pool.flushed();
      return;
    }
    this.#pass?.end();
    const collect = this.profiler?.resolve(encoder);
    const entries = this.#entries;
    this.#device.pushErrorScope('validation');
    this.#device.queue.submit([encoder.finish()]);
    this.#watch([this.#device.popErrorScope()], (message) => new ValidationError(`${namesOf(entries)}: ${message}`));
    collect?.();
    this.#encoder = this.#pass = undefined;
    this.#pending = 0;
    this.#pool.flushed();
  }

  /**
   * Call this when everything is submitted that is about to be awaited, and the returned function when the device has
   * done it. If nothing was submitted meanwhile, the device is idle, and the next submissions are short, so that it
   * begins early; each is longer than the one before.
   */
  awaited(): () => void {
    const latest = this.#submissions;
    return () => {
      if (this.#submissions === latest) this.#portion = FIRST_TO_IDLE;
    };
  }

  /** Resolves when the device has reported on everything that was submitted so far. */
  get settled(): Promise<void> {
    const latest = this.#inFlight.at(-1);
    if (!latest) return Promise.resolve();
    latest.settled ??= new Promise((resolve) => {
      latest.settle = resolve;
    });
    return latest.settled;
  }

  /** Makes a submission of all entries so far, and listens to its error scopes. */
  #watch(
    popped: readonly Promise<GPUError | null>[],
    blame: (message: string) => VisageError,
    accept?: () => void,
  ): void {
    const submission: Submission = { entries: this.#entries, blame, accept, scopes: popped.length };
    this.#entries = [];
    this.#submissions++;
    this.#portion = Math.min(DISPATCHES_PER_SUBMIT, Math.ceil(GROWTH * this.#portion));
    this.#inFlight.push(submission);
    const hear = (error: GPUError | null): void => {
      submission.scopes--;
      submission.message ??= error?.message;
      if (submission.scopes === 0) this.#settle();
    };
    // A lost device rejects, and its loss is reported elsewhere.
    for (const each of popped) each.then(hear, () => hear(null));
  }

  /** Propagates failures through the submissions that the device has reported on, in their order. */
  #settle(): void {
    while (this.#inFlight[0]?.scopes === 0) {
      const { entries, message, blame, accept, settle } = this.#inFlight.shift() as Submission;
      if (message === undefined) accept?.();
      this.#faults.settle(entries, message === undefined ? undefined : blame(message));
      settle?.();
    }
  }
}

/** The names of the kernels of a submission, for an error that may come from any of them. */
function namesOf(entries: readonly Entry[]): string {
  const names = new Set(entries.flatMap((entry) => (typeof entry === 'function' ? [] : [entry.pipeline.name])));
  const some = [...names].slice(0, MOST_NAMES).join(', ');
  return names.size === 1 ? some : `one of ${some}${names.size > MOST_NAMES ? ' and others' : ''}`;
}
