/** @file Ranks in one process: they meet by the order of their calls, as those of MPI do. */
import type { Transport } from '@visage/distributed';

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

  async allToAll(lane: number, ready: Promise<unknown>, from: Uint8Array, to: Uint8Array): Promise<void> {
    const all = (await this.#meet(lane, ready, () => from.slice())) as Uint8Array[];
    const part = from.length / (this.ranks - 1);
    const others = all.flatMap((bytes, rank) => (rank === this.rank ? [] : [{ bytes, rank }]));
    for (const [slot, { bytes, rank }] of others.entries()) {
      const mine = (this.rank - (this.rank > rank ? 1 : 0)) * part;
      to.set(bytes.subarray(mine, mine + part), slot * part);
    }
  }

  async allGather(lane: number, ready: Promise<unknown>, from: Uint8Array, to: Uint8Array): Promise<void> {
    const all = (await this.#meet(lane, ready, () => from.slice())) as Uint8Array[];
    for (const [rank, bytes] of all.entries()) to.set(bytes, rank * from.length);
  }

  gather<T>(value: T): Promise<T[]> {
    return this.#meet(0, Promise.resolve(), () => value) as Promise<T[]>;
  }

  async copy(to: Uint8Array, from: Uint8Array): Promise<void> {
    to.set(from);
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
