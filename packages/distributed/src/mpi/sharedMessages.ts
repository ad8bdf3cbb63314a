import { VisageError } from '@visage/gpu';
import type { Message, Messages } from '../exchange/transport.ts';
import { type Collectives, otherRanks } from './collectives.ts';
import type { Copy } from './copy.ts';
import type { Block, SharedMemory } from './sharedMemory.ts';

/** The memory of a message. */
interface SharedBlocks {
  /** What this rank sends. */
  readonly own: Block;
  /** What the others send, in the order of the ranks, and where in it the part for this rank begins. */
  readonly others: readonly { readonly block: Block; readonly offset: number }[];
}

/**
 * Messages that stay where their senders put them, in memory that the ranks of a host share; others copy from there.
 * MPI only says when, by a barrier, which also orders the copies before it and those after it.
 */
export class SharedMessages implements Messages {
  readonly #ranks: Collectives;
  readonly #memory: SharedMemory;
  readonly #copy: Copy;

  constructor(ranks: Collectives, copy: Copy, memory: SharedMemory) {
    this.#ranks = ranks;
    this.#copy = copy;
    this.#memory = memory;
  }

  allToAll(part: number): Message {
    const { rank, ranks } = this.#ranks;
    return this.#message(part, (ranks - 1) * part, (other) => (rank - (rank > other ? 1 : 0)) * part);
  }

  allGather(part: number): Message {
    return this.#message(part, part, () => 0);
  }

  /**
   * @param bytes how many each rank sends.
   * @param offsetIn where the part for this rank begins in what another one sends.
   */
  #message(part: number, bytes: number, offsetIn: (other: number) => number): Message {
    const [ranks, memory] = [this.#ranks, this.#memory];
    const own = memory.make(bytes);
    const names = new Int32Array(2 * ranks.ranks);
    // Both calls are asked for at once, so that they have the same place in the order of calls on every rank.
    const told = ranks.gatherBytes(0, Promise.resolve(), Int32Array.of(own.pid, own.descriptor), names);
    const opened = told.then(() =>
      otherRanks(ranks).map((rank) => {
        const name = { pid: names[2 * rank] as number, descriptor: names[2 * rank + 1] as number };
        return { block: memory.open(name, bytes), offset: offsetIn(rank) };
      }),
    );
    const blocks = ranks.barrier(0, opened).then(async () => {
      memory.hide(own);
      return { own, others: await opened };
    });
    return new SharedMessage(this.#copy, memory, blocks, part, (lane, ready) => ranks.barrier(lane, ready));
  }
}

class SharedMessage implements Message {
  /** Settles when nothing copies any more. */
  #busy: Promise<unknown>;
  #isDisposed = false;

  /**
   * @param blocks resolves when every rank has opened those of all others.
   * @param part bytes of a part.
   */
  constructor(
    readonly copy: Copy,
    readonly memory: SharedMemory,
    readonly blocks: Promise<SharedBlocks>,
    readonly part: number,
    readonly carry: Message['carry'],
  ) {
    this.#busy = blocks.catch(() => {}); // thrown where a rank puts
  }

  put(from: Uint8Array): Promise<void> {
    return this.#copies(({ own }) => this.copy(own.address, from, own.bytes));
  }

  take(to: Uint8Array): Promise<void> {
    const { part } = this;
    return this.#copies(({ others }) =>
      Promise.all(
        others.map(({ block, offset }, k) =>
          this.copy(to.subarray(k * part, (k + 1) * part), block.address + BigInt(offset), part),
        ),
      ),
    );
  }

  dispose(): void {
    this.#isDisposed = true;
    const free = ({ own, others }: SharedBlocks) => {
      for (const block of [own, ...others.map((other) => other.block)]) this.memory.free(block);
    };
    // Where the blocks could not be opened, the job ends.
    Promise.all([this.blocks, this.#busy]).then(
      ([blocks]) => free(blocks),
      () => {},
    );
  }

  async #copies(work: (blocks: SharedBlocks) => Promise<unknown>): Promise<void> {
    if (this.#isDisposed) throw new VisageError('SharedMessages: a message is disposed of; exchange before dispose()');
    const copied = this.blocks.then(work);
    this.#busy = Promise.allSettled([this.#busy, copied]);
    await copied;
  }
}
