import { type BoundCommand, type Command, readBy, writtenBy } from '../launch/commands.ts';
import type { Trial, Trials } from '../launch/trials.ts';
import type { GpuBuffer } from '../memory/buffer.ts';
import type { Place } from '../memory/placement.ts';
import type { BufferPool } from '../memory/pool.ts';
import type { Trace } from './trace.ts';

const NEVER = -1; // computed: no sum of versions

/** A launch whose result only changes when a steady buffer does. Steps that need the same one share it. */
export interface StepConstant extends BoundCommand {
  /** What it computes: equal for equal constants. */
  readonly key: string;
  /** Stands for it in the keys of those computed from it, which live no longer than it does. */
  readonly id: number;
  group: GPUBindGroup;
  trial: Trial;
  /** Where those of its buffers are that steps made. */
  readonly places: ReadonlyMap<GpuBuffer, Place>;
  /** Memory of what it writes, by its order among the written bindings. */
  readonly memory: readonly GPUBuffer[];
  /** The steady buffers that it depends on, at first or second hand. */
  readonly sources: readonly GpuBuffer[];
  /** The sum of the versions of its sources that it was computed from. */
  version: number;
  /** Recorded steps that use it. */
  users: number;
}

/** What a step need not compute at every run. */
export interface TakenConstants {
  readonly constants: readonly StepConstant[];
  /** The buffers of the step that hold them, and those of the launches that make them. */
  readonly standIns: ReadonlyMap<GpuBuffer, GpuBuffer>;
}

/** Grows when any of the buffers changes. */
export function versionOf(buffers: readonly GpuBuffer[]): number {
  let sum = 0;
  for (const { version } of buffers) sum += version;
  return sum;
}

/**
 * The constants of all recorded steps of a device: fills, and the other forms that kernels want of a frozen weight (transposed, in f16, transformed).
 *
 * A training run records a step for each kind of batch, and both want the same forms of the identity network's weights: they are computed and kept once.
 */
export class ConstantStore {
  readonly #known = new Map<string, StepConstant>();
  #nextId = 0;
  readonly #trials: Trials;
  readonly #pool: BufferPool;

  constructor(trials: Trials, pool: BufferPool) {
    this.#trials = trials;
    this.#pool = pool;
  }

  /**
   * Takes out of a traced step what depends on nothing but constants of the step and steady buffers, gives its results memory, and returns it in the order
   * in which it has to be computed.
   *
   * What the step calls the results is told beside them, each with the buffer of the launch that makes it: they differ if another step made it first.
   *
   * What the step writes more than once stays in it, and so do tensors in `keep`: whoever holds them may overwrite them.
   */
  take(trace: Trace, keep: ReadonlySet<GpuBuffer>): TakenConstants {
    const standIns = new Map<GpuBuffer, GpuBuffer>();
    const writers = new Map<GpuBuffer, number>();
    for (const command of trace.commands)
      for (const buffer of writtenBy(command)) writers.set(buffer, (writers.get(buffer) ?? 0) + 1);
    const own = (buffer: GpuBuffer) => trace.virtual.has(buffer) && writers.get(buffer) === 1 && !keep.has(buffer);

    const madeBy = new Map<GpuBuffer, { constant: StepConstant; at: number }>();
    const isConstant = (buffer: GpuBuffer) =>
      madeBy.has(buffer.whole) || (!writers.has(buffer.whole) && (buffer.steady || trace.uploads.has(buffer)));
    const taken = new Set<StepConstant>();
    const stays = (command: Command): boolean => {
      const [written, read] = [writtenBy(command), readBy(command)];
      if (!written.every(own) || !read.every(isConstant)) return true;
      const ids = read.map((buffer) => {
        const { whole, offset, bytes } = buffer;
        const made = madeBy.get(whole);
        return `${made ? `constant ${made.constant.id}.${made.at}` : whole.id}+${offset}:${bytes}`;
      });
      const key = [command.pipeline.id, ...command.grid, ...written.map(({ bytes }) => bytes), 'of', ...ids].join(' ');
      const sources = new Set(
        read.flatMap((buffer) => madeBy.get(buffer.whole)?.constant.sources ?? (buffer.steady ? [buffer] : [])),
      );
      const constant = this.#known.get(key) ?? this.#make(key, trace, command, [...sources]);
      const made = writtenBy(constant.command);
      for (const [at, buffer] of written.entries()) {
        buffer.resource = constant.memory[at];
        standIns.set(buffer, made[at] as GpuBuffer);
        madeBy.set(buffer, { constant, at });
      }
      if (!taken.has(constant)) constant.users++;
      taken.add(constant);
      return false;
    };
    try {
      trace.commands = trace.commands.filter(stays);
    } catch (error) {
      this.release([...taken]); // one of them was too large for the device
      throw error;
    }
    return { constants: [...taken], standIns };
  }

  /** Device memory of all of them. */
  get bytes(): number {
    return [...this.#known.values()].flatMap(({ memory }) => memory).reduce((sum, { size }) => sum + size, 0);
  }

  /** A step no longer needs these; what nobody needs gives its memory back. */
  release(constants: readonly StepConstant[]): void {
    for (const constant of constants) {
      if (--constant.users > 0) continue;
      this.#known.delete(constant.key);
      for (const buffer of constant.memory) this.#pool.give(buffer);
    }
  }

  /** Makes the bind group of a constant again, after buffers from outside were moved. */
  bindAgain(constant: StepConstant): void {
    Object.assign(constant, this.#trials.bound(constant.command, constant.places));
  }

  #make(key: string, trace: Trace, command: Command, sources: readonly GpuBuffer[]): StepConstant {
    const written = writtenBy(command);
    const memory = this.#takeAll(written);
    for (const [at, buffer] of written.entries()) buffer.resource = memory[at];
    const id = this.#nextId++;
    const places = new Map<GpuBuffer, Place>();
    for (const { whole } of command.buffers)
      if (trace.owns(whole)) places.set(whole, { memory: whole.resource as GPUBuffer, offset: 0 });
    const constant = {
      key,
      id,
      command,
      ...this.#trials.bound(command, places),
      places,
      memory,
      sources,
      version: NEVER,
      users: 0,
    };
    this.#known.set(key, constant);
    return constant;
  }

  /** Memory for all of these or, on an error, for none. */
  #takeAll(buffers: readonly GpuBuffer[]): GPUBuffer[] {
    const memory: GPUBuffer[] = [];
    try {
      for (const { bytes } of buffers) memory.push(this.#pool.take(bytes));
    } catch (error) {
      for (const taken of memory) this.#pool.give(taken);
      throw error;
    }
    return memory;
  }
}
