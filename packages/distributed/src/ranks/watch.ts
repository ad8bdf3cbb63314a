import type { Mpi } from '../mpi/mpi.ts';

/** What a rank does. */
const doing = { steps: 0, waiting: 1, other: 2 } as const;

/** How long ranks may be silent or stand still. */
export interface WatchLimits {
  /** Milliseconds between two signs of life. */
  readonly every: number;
  /** Milliseconds without progress after which a rank counts as hung. */
  readonly most: number;
}

/** What is known of another rank. */
interface Seen {
  /** When the last sign of life came. */
  heard: number;
  /** When it last came on, or had a reason not to. */
  moved: number;
  messages: number;
  doing: number;
}

/** Numbers of a sign of life: messages done, and what the rank does. */
const LENGTH = 2;

/**
 * Ranks that watch each other: each sends rank 0 a sign of life every second or two, and rank 0 sends them all its own.
 *
 * A rank has hung if it is silent for too long, or if it takes steps and no message of it gets done. A rank that waits
 * for the others has not, unless all wait, nor has one that does something else than steps (it compiles, saves,
 * measures), as long as it gives signs of life. A rank that has died needs no watching: MPI ends the others.
 */
export class Watch {
  readonly #mpi: Mpi;
  readonly #limits: WatchLimits;
  readonly #onHang: (rank: number | undefined, seconds: number) => void;
  readonly #seen = new Map<number, Seen>();
  readonly #sending = new Set<number>();
  readonly #timer: NodeJS.Timeout;
  #looked = performance.now();
  /** How many runs of steps are under way, and pieces of other work. */
  #running = 0;
  #aside = 0;

  /** @param onHang is called with a rank that has hung, or `undefined` for all, and for how long it did nothing. */
  constructor(mpi: Mpi, limits: WatchLimits, onHang: (rank: number | undefined, seconds: number) => void) {
    this.#mpi = mpi;
    this.#limits = limits;
    this.#onHang = onHang;
    const watched = mpi.rank === 0 ? Array.from({ length: mpi.ranks - 1 }, (_, k) => k + 1) : [0];
    const now = performance.now();
    for (const rank of watched) this.#seen.set(rank, { heard: now, moved: now, messages: 0, doing: doing.other });
    this.#timer = setInterval(() => this.#look(), limits.every);
    this.#timer.unref();
  }

  /** Does a run of steps: what is no step and lasts is to be done {@link Watch.aside}. */
  async steps<T>(work: () => Promise<T>): Promise<T> {
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#running -= 1;
    }
  }

  /** Does work that is no step, and may take long. */
  async aside<T>(work: () => T | Promise<T>): Promise<T> {
    this.#aside += 1;
    try {
      return await work();
    } finally {
      this.#aside -= 1;
    }
  }

  /** Stops to watch. */
  end(): void {
    clearInterval(this.#timer);
  }

  /** Takes the signs of life that have come since: MPI wants no message left when it ends. */
  drain(): void {
    for (const rank of this.#seen.keys()) this.#mpi.received(rank, LENGTH);
  }

  #look(): void {
    const { waiting, done } = this.#mpi.messages;
    const what = this.#aside > 0 || this.#running === 0 ? doing.other : waiting > 0 ? doing.waiting : doing.steps;
    const own = Float64Array.of(done, what);
    const now = performance.now();
    // This process itself stood still, and so did its look at the others.
    const slept = now - this.#looked > Math.max(3 * this.#limits.every, this.#limits.most / 2);
    this.#looked = now;
    for (const [rank, seen] of this.#seen) {
      if (slept) Object.assign(seen, { heard: now, moved: now });
      this.#tell(rank, own);
      const [messages, told] = this.#mpi.received(rank, LENGTH) ?? [];
      if (messages !== undefined && told !== undefined) {
        if (messages !== seen.messages || told === doing.other) seen.moved = now;
        Object.assign(seen, { heard: now, messages, doing: told });
      }
      this.#judge(rank, seen, now);
    }
    const all = [...this.#seen.values()];
    const still = now - Math.max(...all.map(({ moved }) => moved));
    const isWaiting = (seen: Seen) => seen.doing === doing.waiting && now - seen.heard < this.#limits.most / 2;
    const allWait = what === doing.waiting && all.every(isWaiting);
    if (this.#mpi.rank === 0 && allWait && still > this.#limits.most) this.#onHang(undefined, Math.round(still / 1000));
  }

  /** Rank 0 judges all others; of those that judge rank 0, the first one speaks before the next does. */
  #judge(rank: number, seen: Seen, now: number): void {
    const still = now - (seen.doing === doing.steps ? Math.min(seen.heard, seen.moved) : seen.heard);
    const patience = this.#limits.most + 2 * this.#limits.every * Math.max(0, this.#mpi.rank - 1);
    if (still > patience) this.#onHang(rank, Math.round(still / 1000));
  }

  /** Sends a sign of life, unless the last one is still on its way. */
  #tell(rank: number, message: Float64Array): void {
    if (this.#sending.has(rank)) return;
    this.#sending.add(rank);
    this.#mpi
      .send(rank, message)
      .catch(() => {}) // MPI ends the job when a rank is gone
      .finally(() => this.#sending.delete(rank));
  }
}
