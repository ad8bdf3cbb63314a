/** @file Work on many things at once, in bounded memory. */

/**
 * Does `work` on items, at most `atOnce` at the same time, and gives the results in the order of the items. An item is
 * taken when a result has been used, so a slow user slows the work.
 *
 * @throws what `work` throws, at the place of its item.
 */
export async function* inOrder<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  atOnce: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  try {
    for (;;) {
      while (running.length < atOnce) {
        const { done, value } = await iterator.next();
        if (done) break;
        const one = work(value);
        one.catch(() => undefined); // it is thrown when its turn comes
        running.push(one);
      }
      const first = running.shift();
      if (!first) return;
      yield await first;
    }
  } finally {
    await Promise.allSettled(running);
  }
}

/** Lets work begin while its sum stays within a budget; what is larger than the budget waits until it is alone. */
export class Budget {
  readonly #most: number;
  #used = 0;
  readonly #waiting: { readonly cost: number; readonly begin: () => void }[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** Does `work` as soon as its cost is free, in the order of the calls. */
  async spend<R>(cost: number, work: () => Promise<R>): Promise<R> {
    if (this.#waiting.length > 0 || !this.#fits(cost))
      await new Promise<void>((begin) => this.#waiting.push({ cost, begin }));
    else this.#used += cost;
    try {
      return await work();
    } finally {
      this.#used -= cost;
      this.#admit();
    }
  }

  #fits(cost: number): boolean {
    return this.#used === 0 || this.#used + cost <= this.#most;
  }

  #admit(): void {
    for (let first = this.#waiting[0]; first && this.#fits(first.cost); first = this.#waiting[0]) {
      this.#waiting.shift();
      this.#used += first.cost;
      first.begin();
    }
  }
}
