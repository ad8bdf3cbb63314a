import { type BoundCommand, type Command, readBy, writtenBy } from '../launch/commands.ts';
import type { Trial, Trials } from '../launch/trials.ts';
import type { Placement } from '../memory/arena.ts';
import type { GpuBuffer } from '../memory/buffer.ts';
import type { BufferPool } from '../memory/pool.ts';
import type { Trace } from './trace.ts';

const NEVER = -1; // the version of a constant that was not computed yet; no sum of versions is negative

/** A launch whose result changes only when a frozen buffer changes. Steps that need the same one share it. */
export interface StepConstant extends BoundCommand {
  /** Tells what the launch computes: equal for equal constants. */
  readonly key: string;
  /**
   * Stands for this constant in the keys of the constants that are computed from it, which live no longer than it does.
   */
  readonly id: number;
  group: GPUBindGroup;
  trial: Trial;
  /** Where those of its buffers lie that steps made. */
  readonly placements: ReadonlyMap<GpuBuffer, Placement>;
  /** The memory of what it writes, one for each written binding, in order. */
  readonly memory: readonly GPUBuffer[];
  /** The frozen buffers that it depends on, directly or through other constants. */
  readonly sources: readonly GpuBuffer[];
  /** The sum of the versions of its sources when it was last computed. */
  version: number;
  /** How many recorded steps use it. */
  users: number;
}

/** What was taken out of a step. */
export interface HoistedConstants {
  /** In the order in which they have to be computed. */
  readonly constants: readonly StepConstant[];
  /**
   * For each buffer of the step that holds a constant: the buffer of the launch that computes it. The two differ if
   * another step was the first to need the constant.
   */
  readonly aliases: ReadonlyMap<GpuBuffer, GpuBuffer>;
}

/** The sum of the versions of the buffers: it grows when any of them changes. */
export function versionOf(buffers: readonly GpuBuffer[]): number {
  let sum = 0;
  for (const { version } of buffers) sum += version;
  return sum;
}

/**
 * The constants of all recorded steps of a device: filled tensors, and the forms of a frozen weight that kernels need
 * (transposed, in f16, transformed).
 *
 * A training run records a step for each kind of batch. All of them need the same forms of the identity network's
 * weights, which are computed and stored once.
 */
export class ConstantStore {
  readonly #constants = new Map<string, StepConstant>();
  #nextId = 0;
  readonly #trials: Trials;
  readonly #pool: BufferPool;

  constructor(trials: Trials, pool: BufferPool) {
    this.#trials = trials;
    this.#pool = pool;
  }

  /**
   * Hoists constants out of a traced step: removes the launches that depend on nothing but uploaded data, frozen
   * buffers and other constants, and gives their results memory.
   *
   * A buffer that the step writes more than once stays in the step. So do the step's `results`, because whoever has
   * them may overwrite them.
   *
   * @throws ArgumentError if a constant is larger than the device allows; the step then uses no constants.
   */
  hoist(trace: Trace, results: ReadonlySet<GpuBuffer>): HoistedConstants {
    const aliases = new Map<GpuBuffer, GpuBuffer>();
    const writers = new Map<GpuBuffer, number>();
    for (const command of trace.commands)
      for (const buffer of writtenBy(command)) writers.set(buffer, (writers.get(buffer) ?? 0) + 1);
    const isHoistable = (buffer: GpuBuffer) =>
      trace.virtual.has(buffer) && writers.get(buffer) === 1 && !results.has(buffer);

    const madeBy = new Map<GpuBuffer, { constant: StepConstant; at: number }>();
    const isConstant = (buffer: GpuBuffer) =>
      madeBy.has(buffer.whole) || (!writers.has(buffer.whole) && (buffer.frozen || trace.uploads.has(buffer)));
    const hoisted = new Set<StepConstant>();
    const stays = (command: Command): boolean => {
      const [written, read] = [writtenBy(command), readBy(command)];
      if (!written.every(isHoistable) || !read.every(isConstant)) return true;
      const ids = read.map((buffer) => {
        const { whole, offset, bytes } = buffer;
        const made = madeBy.get(whole);
        return `${made ? `constant ${made.constant.id}.${made.at}` : whole.id}+${offset}:${bytes}`;
      });
      const key = [command.pipeline.id, ...command.grid, ...written.map(({ bytes }) => bytes), 'of', ...ids].join(' ');
      const sources = new Set(
        read.flatMap((buffer) => madeBy.get(buffer.whole)?.constant.sources ?? (buffer.frozen ? [buffer] : [])),
      );
      const constant = this.#constants.get(key) ?? this.#make(key, trace, command, [...sources]);
      const made = writtenBy(constant.command);
      for (const [at, buffer] of written.entries()) {
        buffer.attach(constant.memory[at]);
        aliases.set(buffer, made[at] as GpuBuffer);
        madeBy.set(buffer, { constant, at });
      }
      if (!hoisted.has(constant)) constant.users++;
      hoisted.add(constant);
      return false;
    };
    try {
      trace.commands = trace.commands.filter(stays);
    } catch (error) {
      this.release([...hoisted]);
      throw error;
    }
    return { constants: [...hoisted], aliases };
  }

  /** Device memory of all constants, in bytes. */
  get bytes(): number {
    return [...this.#constants.values()].flatMap(({ memory }) => memory).reduce((sum, { size }) => sum + size, 0);
  }

  /** Notes that a step no longer uses these constants. One that no step uses gives its memory back. */
  release(constants: readonly StepConstant[]): void {
    for (const constant of constants) {
      if (--constant.users > 0) continue;
      this.#constants.delete(constant.key);
      for (const buffer of constant.memory) this.#pool.give(buffer);
    }
  }

  /** Makes the bind group of a constant again, after buffers from outside were moved to other memory. */
  bindAgain(constant: StepConstant): void {
    Object.assign(constant, this.#trials.bound(constant.command, constant.placements));
  }

  #make(key: string, trace: Trace, command: Command, sources: readonly GpuBuffer[]): StepConstant {
    const written = writtenBy(command);
    const memory = this.#takeAll(written);
    for (const [at, buffer] of written.entries()) buffer.attach(memory[at]);
    const id = this.#nextId++;
    const placements = new Map<GpuBuffer, Placement>();
    for (const { whole } of command.buffers)
      if (trace.owns(whole)) placements.set(whole, { memory: whole.resource as GPUBuffer, offset: 0 });
    const constant = {
      key,
      id,
      command,
      ...this.#trials.bound(command, placements),
      placements,
      memory,
      sources,
      version: NEVER,
      users: 0,
    };
    this.#constants.set(key, constant);
    return constant;
  }

  /** Takes memory for all of these buffers or, if that fails, for none. */
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
