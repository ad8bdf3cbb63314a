import { type Gpu, VisageError } from '@visage/gpu';
import { keep, type Tensor, tensor, zeros } from '@visage/tensor';
import { fileRow } from '@visage/tensor/kernels';

/**
 * The losses of the latest steps, on the device: one row per step, the newest over the oldest.
 *
 * A training loop that read its losses at each step would wait for the device each time. The ring is written by the recorded step itself and
 * read every few steps, so that no step is missed and nothing waits.
 */
export class LossRing {
  readonly rows: number;
  readonly columns: number;
  readonly #ring: Tensor;
  /** Rows filed so far. */
  readonly #filed: Tensor;

  constructor(rows: number, columns: number, gpu: Gpu) {
    this.rows = rows;
    this.columns = columns;
    this.#ring = keep(zeros([rows, columns], { gpu }));
    this.#filed = keep(tensor(Uint32Array.of(0), [1], { gpu }));
  }

  /** Files a row, [columns], over the oldest; part of a recorded step. */
  push(losses: Tensor): void {
    fileRow(this.#ring, this.#filed, losses.detach());
  }

  /** The latest `count` rows, oldest first, as they stand after the steps issued so far. */
  async latest(count: number): Promise<Float32Array[]> {
    if (count > this.rows) throw new VisageError(`LossRing: ${count} rows asked of a ring of ${this.rows}`);
    const [values, filed] = await Promise.all([this.#ring.floats(), this.#filed.item()]); // both as of now
    return Array.from({ length: count }, (_, k) => {
      const at = ((filed - count + k + this.rows) % this.rows) * this.columns;
      return values.subarray(at, at + this.columns);
    });
  }

  dispose(): void {
    this.#ring.dispose();
    this.#filed.dispose();
  }
}
