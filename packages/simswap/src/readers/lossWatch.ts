/** Steps in a row that mixed precision may skip for a loss that is not finite. */
const PATIENCE = 10;

/**
 * Decides whether a loss that is not finite ends the training of a reader: at once, unless the update was skipped, as
 * mixed precision does on a batch that overflows f16; and at the {@link PATIENCE}th such step in a row.
 */
export class LossWatch {
  #inARow = 0;
  #skipped: number;

  /** @param skipped updates that were skipped before the first step that it sees. */
  constructor(skipped = 0) {
    this.#skipped = skipped;
  }

  /** @param skipped updates that were skipped so far, this step included. */
  isFatal(loss: number, skipped = 0): boolean {
    const wasSkipped = skipped > this.#skipped;
    this.#skipped = skipped;
    this.#inARow = Number.isFinite(loss) ? 0 : this.#inARow + 1;
    return this.#inARow > 0 && (!wasSkipped || this.#inARow >= PATIENCE);
  }
}
