/** What holds memory until it is disposed. */
interface Disposable {
  dispose(): void;
}

/**
 * Keeps the values that were used latest, up to a number of them; what was not used for longest is disposed.
 *
 * For recordings by size: pictures come in any number of sizes, and a recording of each would hold memory for good.
 */
export class Latest<K, V extends Disposable> {
  readonly #most: number;
  /** The value used latest is last. */
  readonly #values = new Map<K, V>();

  constructor(most: number) {
    this.#most = most;
  }

  /** The value of a key, which is made if there is none. */
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

  dispose(): void {
    for (const value of this.#values.values()) value.dispose();
    this.#values.clear();
  }
}
