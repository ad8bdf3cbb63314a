/** @file The two ways of a message: through MPI, and through memory that the ranks of a host share. */
import { VisageError } from '@visage/gpu';
import type { Message } from '../exchange/transport.ts';
import type { Copy } from './copy.ts';
import type { Block, SharedMemory } from './sharedMemory.ts';

type Carry = Message['carry'];

/** Where MPI finds the bytes of a message and leaves those of the other ranks, kept from one exchange to the next. */
export interface MpiBytes {
  readonly sent: Uint8Array;
  /** Pieces of an array that together hold what the other ranks sent. */
  readonly received: readonly Uint8Array[];
}

/**
 * A message that MPI carries between ordinary arrays. It never sees memory that a device maps, because not every network
 * and container lets it read such.
 */
export class MpiMessage implements Message {
  readonly #copy: Copy;
  readonly #bytes: MpiBytes;
  readonly carry: Carry;

  constructor(copy: Copy, bytes: MpiBytes, carry: Carry) {
    this.#copy = copy;
    this.#bytes = bytes;
    this.carry = carry;
  }

  put(from: Uint8Array): Promise<void> {
    return this.#copy(this.#bytes.sent, from, from.byteLength);
  }

  async take(to: Uint8Array): Promise<void> {
    let offset = 0;
    const copies = this.#bytes.received.map((piece) => {
      const copied = this.#copy(to.subarray(offset), piece, piece.byteLength);
      offset += piece.byteLength;
      return copied;
    });
    await Promise.all(copies);
  }

  dispose(): void {}
}

/** The memory of a message. */
export interface SharedBlocks {
  /** What this rank sends. */
  readonly own: Block;
  /** What the others send, in the order of the ranks, and where in it the part for this rank begins. */
  readonly others: readonly { readonly block: Block; readonly offset: number }[];
}

/** What a {@link SharedMessage} is made of. */
export interface SharedMessageParts {
  readonly copy: Copy;
  readonly memory: SharedMemory;
  /** Resolves when every rank has opened the blocks of all others. */
  readonly blocks: Promise<SharedBlocks>;
  /** Bytes of a part. */
  readonly part: number;
  /** Resolves when all ranks have come to it. It also orders the copies before it and those after it. */
  readonly barrier: Carry;
}

/** A message that stays where its sender puts it: the others read it there, and MPI only says when. */
export class SharedMessage implements Message {
  readonly carry: Carry;
  readonly #parts: SharedMessageParts;
  /** Settles when nothing copies any more. */
  #busy: Promise<unknown>;
  #isDisposed = false;

  constructor(parts: SharedMessageParts) {
    this.#parts = parts;
    this.carry = parts.barrier;
    this.#busy = parts.blocks.catch(() => {}); // thrown where a rank puts
  }

  put(from: Uint8Array): Promise<void> {
    return this.#copies(({ own }) => this.#parts.copy(own.address, from, from.byteLength));
  }

  take(to: Uint8Array): Promise<void> {
    const { copy, part } = this.#parts;
    return this.#copies(({ others }) =>
      Promise.all(
        others.map(({ block, offset }, k) => copy(to.subarray(k * part), block.address + BigInt(offset), part)),
      ),
    );
  }

  dispose(): void {
    this.#isDisposed = true;
    const { blocks, memory } = this.#parts;
    const free = ({ own, others }: SharedBlocks) => {
      for (const block of [own, ...others.map((other) => other.block)]) memory.free(block);
    };
    Promise.all([blocks, this.#busy]).then(
      ([all]) => free(all),
      () => {},
    ); // where there are no blocks the job ends
  }

  async #copies(work: (blocks: SharedBlocks) => Promise<unknown>): Promise<void> {
    if (this.#isDisposed) throw new VisageError('a message was used after its dispose(); run exchanges before it');
    const copied = this.#parts.blocks.then(work);
    this.#busy = Promise.allSettled([this.#busy, copied]);
    await copied;
  }
}
