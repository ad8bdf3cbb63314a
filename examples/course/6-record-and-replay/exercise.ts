/** A buffer of a recorded step: its size, and the launches from and to which it is needed, both included. */
export interface Life {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/**
 * Exercise of chapter 6: the memory of a recorded step.
 *
 * Return for each buffer the byte of one piece of memory at which it begins. Two buffers may lie in the same bytes only
 * if no launch needs both. The piece should be small: the check allows a third more than the bytes that are alive at the
 * fullest moment. Placing the buffers side by side, or the first that comes first, is not enough; the product places the
 * largest first, each into the smallest gap that is free during its whole life.
 */
export function place(_buffers: readonly Life[]): number[] {
  throw new Error('Exercise 6: write place(buffers), which gives each buffer the byte at which it begins');
}
