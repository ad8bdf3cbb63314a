/** Keeps the values that were asked for last, up to a number of them. */
export class Recent<K, V> {
  readonly #most: number;
  // a Map remembers the order of insertion: the first key is the one unused for longest
  readonly #values = new Map<K, V>();

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#values.size;
  }

  /** The value of a key: the one kept, or a new one, in whose place the one unused for longest goes. */
  get(key: K, make: (key: K) => V): V {
    const known = this.#values.get(key);
    this.#values.delete(key);
    const value = known ?? make(key);
    this.#values.set(key, value);
    if (this.#values.size > this.#most) this.#values.delete(this.#values.keys().next().value as K);
    return value;
  }
}
