/** A tensor that is to be exchanged. */
export interface Item {
  /** Bytes that it takes in a bucket. */
  readonly bytes: number;
  /** Launches of a step after which it is complete. */
  readonly ready: number;
}

/** A piece of an exchange: tensors that travel together. */
export interface Cut {
  /** Numbers of the items, in the order in which they become complete. */
  readonly items: readonly number[];
  /** Launches of a step after which all of them are complete. */
  readonly ready: number;
}

/** Buckets of the tail hold at most this share of what others do. */
const TAIL_SHARE = 1 / 4;

/**
 * Cuts items into buckets of at most `most` bytes, an item that is larger alone, in the order in which a step completes
 * them. Equal steps give equal buckets, so all ranks cut alike.
 *
 * The last `most` bytes, the tail, are cut into smaller buckets: the step waits for what of an exchange comes after its
 * last launch, and that is the shorter, the less leaves last.
 */
export function cutBuckets(items: readonly Item[], most: number): Cut[] {
  const order = items
    .map((item, number) => ({ ...item, number }))
    .sort((a, b) => a.ready - b.ready || a.number - b.number);
  const cuts: { items: number[]; ready: number; bytes: number }[] = [];
  let left = items.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { number, bytes, ready } of order) {
    const last = cuts.at(-1);
    const limit = left > most ? most : most * TAIL_SHARE;
    if (last && last.bytes + bytes <= limit) {
      last.items.push(number);
      last.bytes += bytes;
      last.ready = ready;
    } else cuts.push({ items: [number], ready, bytes });
    left -= bytes;
  }
  return cuts.map(({ items, ready }) => ({ items, ready }));
}
