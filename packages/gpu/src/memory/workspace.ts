import { Arena, type Lifetime, type Placement } from './arena.ts';
import type { GpuBuffer } from './buffer.ts';
import type { BufferPool } from './pool.ts';

/** A piece of device memory that recorded steps share. */
export interface Block {
  readonly memory: GPUBuffer;
  /** How many recorded steps use the block. */
  users: number;
}

/** What a step uses of the workspace. */
export interface WorkspacePlan {
  readonly blocks: readonly Block[];
  readonly placements: ReadonlyMap<GpuBuffer, Placement>;
}

/**
 * The memory for the intermediate results of all recorded steps of a device.
 *
 * Steps run one after another, and no step reads the intermediate results of another, so all of them may use the same
 * memory. A step takes the blocks that earlier steps made, and adds what they lack. Together several steps need as much
 * memory as the largest of them, if that one is recorded first; blocks that smaller steps made before it may be too
 * small for its buffers.
 */
export class Workspace {
  readonly #blocks = new Set<Block>();
  readonly #pool: BufferPool;
  /** Bytes: a binding begins at a multiple of it. */
  readonly #alignment: number;

  constructor(device: GPUDevice, pool: BufferPool) {
    this.#pool = pool;
    this.#alignment = device.limits.minStorageBufferOffsetAlignment;
  }

  /**
   * Finds a place for every buffer of a step. {@link Workspace.release} gives the blocks back.
   *
   * The buffers are placed in order of size, the largest first, each into the first block with room for it. If there is
   * none, the smallest block of other steps that is large enough is taken, or a new one is made, as large as the
   * buffer. In the training step of the paper this takes 0 to 3 % more than the bytes that are alive at the fullest
   * moment.
   *
   * @throws ArgumentError if a buffer is larger than the device allows; no block is taken then.
   */
  plan(lifetimes: ReadonlyMap<GpuBuffer, Lifetime>): WorkspacePlan {
    const arenas: Arena[] = [];
    const blocks: Block[] = [];
    const placements = new Map<GpuBuffer, Placement>();
    const others = [...this.#blocks].sort((a, b) => a.memory.size - b.memory.size);
    const ordered = [...lifetimes].sort(([a, x], [b, y]) => b.bytes - a.bytes || x.first - y.first);
    const place = (buffer: GpuBuffer, lifetime: Lifetime): Placement => {
      for (const arena of arenas) {
        const placement = arena.place(buffer, lifetime);
        if (placement) return placement;
      }
      const block = takeSmallest(others, buffer.bytes) ?? this.#add(buffer.bytes);
      block.users++;
      blocks.push(block);
      const arena = new Arena(block.memory, this.#alignment);
      arenas.push(arena);
      return arena.place(buffer, lifetime) as Placement; // the arena is empty and large enough
    };
    try {
      for (const [buffer, lifetime] of ordered) placements.set(buffer, place(buffer, lifetime));
    } catch (error) {
      this.release(blocks);
      throw error;
    }
    return { blocks, placements };
  }

  /** Device memory of all blocks, in bytes. */
  get bytes(): number {
    return [...this.#blocks].reduce((sum, { memory }) => sum + memory.size, 0);
  }

  /** Notes that a step no longer uses these blocks. A block that no step uses goes back to the pool. */
  release(blocks: readonly Block[]): void {
    for (const block of blocks) {
      if (--block.users > 0) continue;
      this.#blocks.delete(block);
      this.#pool.give(block.memory);
    }
  }

  #add(bytes: number): Block {
    const block = { memory: this.#pool.take(bytes), users: 0 };
    this.#blocks.add(block);
    return block;
  }
}

/** Takes the first block that is large enough out of a list that is sorted by size. */
function takeSmallest(blocks: Block[], bytes: number): Block | undefined {
  const at = blocks.findIndex(({ memory }) => memory.size >= bytes);
  return at < 0 ? undefined : blocks.splice(at, 1)[0];
}
