import { VisageError } from '@visage/gpu';
import { assign, concat, keep, noGrad, slice, type Tensor, zeros } from '@visage/tensor';

/**
 * The losses of the latest steps, on the device: one row per step, the newest last.
 *
 * A training loop that read its losses at each step would wait for the device each time. The ring is written by the recorded step itself and
 * read every few steps, so that no step is missed and nothing waits.
 */
export class LossRing {
  readonly rows: number;
  readonly columns: number;
  readonly #ring: Tensor;

  constructor(rows: number, columns: number) {
    this.rows = rows;
    this.columns = columns;
    this.#ring = keep(zeros([rows, columns]));
  }

  /** Appends a row, [columns], and drops the oldest; part of a recorded step. */
  push(losses: Tensor): void {
    const row = losses.reshape([1, this.columns]);
    noGrad(() => {
      const next = this.rows > 1 ? concat([slice(this.#ring, 0, 1, this.rows), row], 0) : row;
      assign(this.#ring, next);
    });
  }

  /** The latest `count` rows, oldest first, as they stand after the steps issued so far. */
  async latest(count: number): Promise<Float32Array[]> {
    if (count > this.rows) throw new VisageError(`LossRing: ${count} rows asked of a ring of ${this.rows}`);
    const values = await this.#ring.floats();
    return Array.from({ length: count }, (_, k) => {
      const at = (this.rows - count + k) * this.columns;
      return values.subarray(at, at + this.columns);
    });
  }

  dispose(): void {
    this.#ring.dispose();
  }
}
