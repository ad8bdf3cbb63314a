import type { GpuBuffer } from './buffer.ts';
import type { BufferPool } from './pool.ts';

/** From which command of a step to which a buffer is in use, both included. */
export interface Lifetime {
  readonly first: number;
  readonly last: number;
}

/** Device memory in which steps take turns, and buffers of a step whose lifetimes do not meet. */
export interface Slot {
  readonly memory: GPUBuffer;
  /** Recorded steps that use it. */
  users: number;
}

/** A slot in the plan of one step. */
interface OpenSlot {
  readonly slot: Slot;
  readonly lent: Lifetime[];
}

/**
 * The memory that all recorded steps of a device compute in.
 *
 * Steps run one after another, and what a run leaves in its intermediate buffers nobody reads: so a step takes the slots that others made and adds what
 * they lack. Several steps need the memory of the largest.
 */
export class Workspace {
  readonly #slots = new Set<Slot>();
  readonly #pool: BufferPool;

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  /**
   * Gives every buffer of a step memory, and returns the slots that it lies in, for {@link Workspace.release}.
   *
   * The largest buffer is placed first, so that every slot open by then is large enough for the next. Of the slots that are free all its life a buffer takes
   * the one that is used closest before or after, which keeps the holes between lifetimes short; if there is none, the smallest that other steps made,
   * or a new one.
   */
  take(lifetimes: ReadonlyMap<GpuBuffer, Lifetime>): Slot[] {
    const open: OpenSlot[] = [];
    const others = [...this.#slots].sort((a, b) => a.memory.size - b.memory.size);
    const ordered = [...lifetimes].sort(([a, x], [b, y]) => b.bytes - a.bytes || x.first - y.first);
    try {
      for (const [buffer, lifetime] of ordered) {
        let place = closestFree(open, lifetime);
        if (!place) {
          place = { slot: takeSmallest(others, buffer.bytes) ?? this.#add(buffer.bytes), lent: [] };
          place.slot.users++;
          open.push(place);
        }
        place.lent.push(lifetime);
        buffer.resource = place.slot.memory;
      }
    } catch (error) {
      this.release(open.map(({ slot }) => slot));
      throw error;
    }
    return open.map(({ slot }) => slot);
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

/** The free slot whose other use is the fewest commands away. */
function closestFree(open: readonly OpenSlot[], lifetime: Lifetime): OpenSlot | undefined {
  let closest: OpenSlot | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const place of open) {
    const away = distance(place.lent, lifetime);
    if (away === 0 || away >= least) continue;
    closest = place;
    least = away;
  }
  return closest;
}

/** Commands between a lifetime and the closest of others; 0 if it meets one of them. */
function distance(lent: readonly Lifetime[], { first, last }: Lifetime): number {
  let least = Number.POSITIVE_INFINITY;
  for (const other of lent) {
    const away = Math.max(other.first - last, first - other.last);
    if (away <= 0) return 0;
    least = Math.min(least, away);
  }
  return least;
}

/** Takes the first slot that is large enough out of a list in order of size. */
function takeSmallest(slots: Slot[], bytes: number): Slot | undefined {
  const at = slots.findIndex(({ memory }) => memory.size >= bytes);
  return at < 0 ? undefined : slots.splice(at, 1)[0];
}
