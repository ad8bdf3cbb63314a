/** What holds memory on the device until it is disposed. */
interface Disposable {
  dispose(): void;
}

/**
 * Recorded steps by key, for instance by the size of their images: each is recorded at its first use and replayed from
 * then on.
 *
 * With a bound, only the recordings that were used last are kept, and the one that was not used for longest is
 * disposed. Pictures come in any number of sizes, and a recording of each would hold its buffers for good.
 */
export class Recordings<K, V extends Disposable> {
  readonly #most: number;
  /** In the order of their last use, oldest first. */
  readonly #values = new Map<K, V>();

  /** @param most recordings that are kept. Default: all. */
  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  /** The recording of a key; `make` records it if there is none. */
  get(key: K, make: () => V): V {
    const value = this.#values.get(key) ?? make();
    this.#values.delete(key);
    this.#values.set(key, value);
    for (const [oldest, old] of this.#values) {
      if (this.#values.size <= this.#most) break;
      this.#values.delete(oldest);
      old.dispose();
    }
    return value;
  }

  /** The recording of a key, if there is one; this does not count as a use. */
  find(key: K): V | undefined {
    return this.#values.get(key);
  }

  /** Disposes all recordings. */
  dispose(): void {
    for (const value of this.#values.values()) value.dispose();
    this.#values.clear();
  }
}
