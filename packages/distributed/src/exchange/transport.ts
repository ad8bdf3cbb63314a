/**
 * A message that every rank sends to every other one, at each exchange anew: put, carried, taken.
 *
 * A rank may put again once it knows that all others have taken, for instance because another message came that they
 * send afterwards.
 */
export interface Message {
  /** Takes over the bytes that this rank sends, on another thread. They may be mapped memory of a device. */
  put(from: Uint8Array): Promise<void>;
  /**
   * Once `ready` resolves: resolves when what all ranks have put can be taken. The messages of one lane follow one
   * another, in the order in which they were asked for; every rank must ask for the same ones in the same order.
   */
  carry(lane: number, ready: Promise<unknown>): Promise<void>;
  /** Writes what the other ranks sent to this one, in their order, on another thread. `to` may be mapped memory. */
  take(to: Uint8Array): Promise<void>;
  /** Frees its memory. What still copies is waited for. */
  dispose(): void;
}

/** Makes messages. All ranks must make the same ones in the same order. */
export interface Messages {
  /**
   * A message with a part for each other rank: all parts are put together, in the order of the ranks.
   *
   * @param part its bytes.
   */
  allToAll(part: number): Message;
  /** A message whose one part, of so many bytes, goes to all other ranks. */
  allGather(part: number): Message;
}

/** Moves bytes between the ranks of a training. It adds nothing: that is the devices' affair. */
export interface Transport extends Messages {
  readonly rank: number;
  readonly ranks: number;
  /** How many messages can be under way at once. */
  readonly lanes: number;
  /** What every rank says, this one included, in the order of the ranks. All of them must ask. */
  gather<T>(value: T): Promise<T[]>;
  /** Resolves when `ready` has resolved on all ranks; it keeps its place among the messages of its lane. */
  barrier(lane: number, ready: Promise<unknown>): Promise<void>;
}
