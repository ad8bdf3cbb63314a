/**
 * The calls that all ranks make together, each once `ready` resolves. Those of one lane follow one another in the order
 * in which they were asked for, and every rank must ask for the same ones in the same order.
 */
export interface Collectives {
  readonly rank: number;
  readonly ranks: number;
  /**
   * Sends part k of `sent` to the k-th of the other ranks, and puts what they send into the parts of `received`. Both
   * have one part for each other rank, in the order of the ranks.
   */
  exchangeParts(lane: number, ready: Promise<unknown>, sent: Uint8Array, received: Uint8Array): Promise<void>;
  /** Puts the bytes of every rank, this one included, into `all`, in the order of the ranks. */
  gatherBytes(
    lane: number,
    ready: Promise<unknown>,
    own: Uint8Array | Int32Array,
    all: Uint8Array | Int32Array,
  ): Promise<void>;
  /** Resolves when all ranks have come to it. */
  barrier(lane: number, ready: Promise<unknown>): Promise<void>;
}

/** The numbers of all ranks but this one, in order. */
export const otherRanks = ({ rank, ranks }: Pick<Collectives, 'rank' | 'ranks'>): number[] =>
  Array.from({ length: ranks }, (_, k) => k).filter((k) => k !== rank);
