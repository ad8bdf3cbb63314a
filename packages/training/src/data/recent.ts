/** A cache that keeps a fixed number of the most recently used values. */
export class Recent<K, V> {
  readonly #most: number;
  // A Map iterates in the order of insertion, so its first key is the least recently used one.
  readonly #values = new Map<K, V>();

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#values.size;
  }

  /**
   * The cached value of a key. A missing value is made and stored; when the cache is full, it replaces the least
   * recently used one.
   */
  get(key: K, make: (key: K) => V): V {
    const known = this.#values.get(key);
    this.#values.delete(key);
    const value = known ?? make(key);
    this.#values.set(key, value);
    if (this.#values.size > this.#most) this.#values.delete(this.#values.keys().next().value as K);
    return value;
  }
}
