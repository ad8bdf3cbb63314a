import type { Message, Messages } from '../exchange/transport.ts';
import type { Collectives } from './collectives.ts';
import type { Copy } from './copy.ts';

/**
 * Messages that MPI carries between ordinary arrays, which are kept from one exchange to the next. It never sees memory
 * that a device maps, because not every network and container lets it read such.
 */
export class MpiMessages implements Messages {
  readonly #ranks: Collectives;
  readonly #copy: Copy;

  constructor(ranks: Collectives, copy: Copy) {
    this.#ranks = ranks;
    this.#copy = copy;
  }

  allToAll(part: number): Message {
    const bytes = (this.#ranks.ranks - 1) * part;
    const [sent, received] = [new Uint8Array(bytes), new Uint8Array(bytes)];
    return this.#message(sent, [received], (lane, ready) => this.#ranks.exchangeParts(lane, ready, sent, received));
  }

  allGather(part: number): Message {
    const { rank, ranks } = this.#ranks;
    const [sent, all] = [new Uint8Array(part), new Uint8Array(ranks * part)];
    const others = [all.subarray(0, rank * part), all.subarray((rank + 1) * part)];
    return this.#message(sent, others, (lane, ready) => this.#ranks.gatherBytes(lane, ready, sent, all));
  }

  /** @param received pieces of an array that together hold what the other ranks sent. */
  #message(sent: Uint8Array, received: readonly Uint8Array[], carry: Message['carry']): Message {
    const copy = this.#copy;
    return {
      put: (from) => copy(sent, from, sent.byteLength),
      carry,
      take: async (to) => {
        let at = 0;
        const copies = received.map((piece) => {
          const end = at + piece.byteLength;
          const copied = copy(to.subarray(at, end), piece, piece.byteLength);
          at = end;
          return copied;
        });
        await Promise.all(copies);
      },
      dispose: () => {},
    };
  }
}
