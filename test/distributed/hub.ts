/** @file Ranks in one process: they meet by the order of their calls, as those of MPI do. */
import type { Message, Transport } from '@visage/distributed';

/** What each rank brought to a call, by lane and number of the call. */
type Meetings = Map<
  string,
  { readonly brought: unknown[]; readonly all: Promise<unknown[]>; readonly met: () => void }
>;

class HubRank implements Transport {
  readonly #calls: number[];

  constructor(
    readonly rank: number,
    readonly ranks: number,
    readonly lanes: number,
    readonly meetings: Meetings,
  ) {
    this.#calls = Array.from({ length: lanes }, () => 0);
  }

  allToAll(part: number): Message {
    return this.#message(part, (from) => this.rank - (this.rank > from ? 1 : 0));
  }

  allGather(part: number): Message {
    return this.#message(part, () => 0);
  }

  gather<T>(value: T): Promise<T[]> {
    return this.#meet(0, Promise.resolve(), () => value) as Promise<T[]>;
  }

  async barrier(lane: number, ready: Promise<unknown>): Promise<void> {
    await this.#meet(lane, ready, () => 0);
  }

  /** @param slotOf which part of what another rank put is for this one. */
  #message(part: number, slotOf: (from: number) => number): Message {
    let [sent, all] = [new Uint8Array(), [] as Uint8Array[]];
    return {
      // It stays where the others take it from, as in shared memory: the next one overwrites it.
      put: async (from) => {
        if (sent.length === 0) sent = new Uint8Array(from.length);
        sent.set(from);
      },
      carry: async (lane, ready) => {
        all = (await this.#meet(lane, ready, () => sent)) as Uint8Array[];
      },
      take: async (to) => {
        const others = [...all.entries()].filter(([rank]) => rank !== this.rank);
        for (const [k, [rank, bytes]] of others.entries())
          to.set(bytes.subarray(slotOf(rank) * part, (slotOf(rank) + 1) * part), k * part);
      },
      dispose: () => {},
    };
  }

  async #meet(lane: number, ready: Promise<unknown>, bring: () => unknown): Promise<unknown[]> {
    const key = `${lane} ${this.#calls[lane]}`;
    this.#calls[lane] = (this.#calls[lane] as number) + 1;
    await ready;
    let meeting = this.meetings.get(key);
    if (!meeting) {
      let met = () => {};
      const brought: unknown[] = [];
      const all = new Promise<unknown[]>((resolve) => {
        met = () => resolve(brought);
      });
      meeting = { brought, all, met };
      this.meetings.set(key, meeting);
    }
    meeting.brought[this.rank] = bring();
    if (Object.keys(meeting.brought).length === this.ranks) meeting.met();
    return meeting.all;
  }
}

/** So many ranks that are connected with each other. */
export function hub(ranks: number, lanes = 2): Transport[] {
  const meetings: Meetings = new Map();
  return Array.from({ length: ranks }, (_, rank) => new HubRank(rank, ranks, lanes, meetings));
}
