import type { GpuBuffer } from './buffer.ts';
import { Filling, type Lifetime, type Place } from './placement.ts';
import type { BufferPool } from './pool.ts';

/** Device memory in which steps take turns. */
export interface Slot {
  readonly memory: GPUBuffer;
  /** Recorded steps that use it. */
  users: number;
}

/** The part of the workspace that a step uses. */
export interface Workplace {
  readonly slots: readonly Slot[];
  readonly places: ReadonlyMap<GpuBuffer, Place>;
}

/**
 * The memory that all recorded steps of a device compute in.
 *
 * Steps run one after another, and what a run leaves in its intermediate buffers nobody reads: so a step takes the slots that others made and adds what
 * they lack. Several steps need the memory of the largest if it comes first; slots of smaller ones before it may be too small for its buffers.
 */
export class Workspace {
  readonly #slots = new Set<Slot>();
  readonly #pool: BufferPool;
  /** Bytes: a binding begins at a multiple of it. */
  readonly #alignment: number;

  constructor(device: GPUDevice, pool: BufferPool) {
    this.#pool = pool;
    this.#alignment = device.limits.minStorageBufferOffsetAlignment;
  }

  /**
   * Finds a place for every buffer of a step; to be given back by {@link Workspace.release}.
   *
   * Largest first, each goes into the first slot with room for it. If there is none, the smallest slot that other steps made is taken, or a new one is made
   * as large as the buffer. At the training step of the paper this needs 0 to 3 % more than the bytes that are alive at the fullest moment.
   */
  take(lifetimes: ReadonlyMap<GpuBuffer, Lifetime>): Workplace {
    const fillings: Filling[] = [];
    const slots: Slot[] = [];
    const places = new Map<GpuBuffer, Place>();
    const others = [...this.#slots].sort((a, b) => a.memory.size - b.memory.size);
    const ordered = [...lifetimes].sort(([a, x], [b, y]) => b.bytes - a.bytes || x.first - y.first);
    const place = (buffer: GpuBuffer, lifetime: Lifetime): Place => {
      for (const filling of fillings) {
        const found = filling.place(buffer, lifetime);
        if (found) return found;
      }
      const slot = takeSmallest(others, buffer.bytes) ?? this.#add(buffer.bytes);
      slot.users++;
      slots.push(slot);
      const filling = new Filling(slot.memory, this.#alignment);
      fillings.push(filling);
      return filling.place(buffer, lifetime) as Place; // it is empty and large enough
    };
    try {
      for (const [buffer, lifetime] of ordered) places.set(buffer, place(buffer, lifetime));
    } catch (error) {
      this.release(slots);
      throw error;
    }
    return { slots, places };
  }

  /** What it takes of the device. */
  get bytes(): number {
    return [...this.#slots].reduce((sum, { memory }) => sum + memory.size, 0);
  }

  /** A step no longer needs these; what nobody needs goes back to the pool. */
  release(slots: readonly Slot[]): void {
    for (const slot of slots) {
      if (--slot.users > 0) continue;
      this.#slots.delete(slot);
      this.#pool.give(slot.memory);
    }
  }

  #add(bytes: number): Slot {
    const slot = { memory: this.#pool.take(bytes), users: 0 };
    this.#slots.add(slot);
    return slot;
  }
}

/** Takes the first slot that is large enough out of a list in order of size. */
function takeSmallest(slots: Slot[], bytes: number): Slot | undefined {
  const at = slots.findIndex(({ memory }) => memory.size >= bytes);
  return at < 0 ? undefined : slots.splice(at, 1)[0];
}
