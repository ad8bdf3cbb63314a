/**
 * @file Exercise of chapter 6.
 *
 * Plan the memory of a recorded step: give each buffer the byte of one piece of memory at which it begins. Two buffers
 * may share bytes only if no launch needs both.
 *
 * The piece should be small: the check allows a third more than the bytes that are alive at the fullest moment. Buffers
 * side by side take four times as much, and buffers that are placed in the order of their birth too much as well. The
 * product places the largest first, each into the smallest gap that is free during its whole life.
 *
 *     npm run course -- 6 --exercise
 */

/** A buffer of a recorded step: its size, and the launches from and to which it is needed, both included. */
export interface Life {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/** The byte at which each buffer begins, in the order of the buffers. */
export function place(_buffers: readonly Life[]): number[] {
  throw new Error('write place(buffers), so that buffers that live together lie apart');
}
