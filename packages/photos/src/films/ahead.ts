/**
 * Reads an iterator ahead, so that its producer works while its consumer does: yields the same items, and asks for the
 * next ones while up to `depth` wait.
 *
 * @param drop is called with items that were made and not taken, when the consumer ends early.
 */
export async function* ahead<T>(
  source: AsyncIterable<T>,
  depth: number,
  drop: (item: T) => void = () => {},
): AsyncGenerator<T, void, unknown> {
  const iterator = source[Symbol.asyncIterator]();
  const waiting: Promise<IteratorResult<T>>[] = [];
  // An iterator answers one call after the other, so asking twice keeps the order.
  const ask = (): void => {
    const next = iterator.next();
    next.catch(() => undefined); // whoever takes it sees the error
    waiting.push(next);
  };
  try {
    for (let k = 0; k <= depth; k++) ask();
    for (;;) {
      const next = await (waiting.shift() as Promise<IteratorResult<T>>);
      if (next.done) return;
      ask();
      yield next.value;
    }
  } finally {
    const ended = iterator.return?.();
    for (const result of await Promise.allSettled(waiting))
      if (result.status === 'fulfilled' && !result.value.done) drop(result.value.value);
    await ended;
  }
}
