/** Moves bytes between the ranks of a training. It adds nothing: that is the devices' affair. */
export interface Transport {
  readonly rank: number;
  readonly ranks: number;
  /**
   * How many exchanges can be under way at once. Those of one lane follow one another, in the order in which they were
   * asked for; every rank must ask for the same ones in the same order.
   */
  readonly lanes: number;
  /**
   * Once `ready` resolves: sends part k of `from` to the k-th of the other ranks, and puts what they send into the
   * parts of `to`. Both have one part for each other rank, in the order of the ranks.
   */
  allToAll(lane: number, ready: Promise<unknown>, from: Uint8Array, to: Uint8Array): Promise<void>;
  /** Once `ready` resolves: puts the `from` of every rank, this one included, into `to`, in the order of the ranks. */
  allGather(lane: number, ready: Promise<unknown>, from: Uint8Array, to: Uint8Array): Promise<void>;
  /** What every rank says, this one included, in the order of the ranks. All of them must ask. */
  gather<T>(value: T): Promise<T[]>;
  /** Copies bytes on another thread; the arrays are of equal length and may be mapped memory. */
  copy(to: Uint8Array, from: Uint8Array): Promise<void>;
}
