import { ArgumentError, type RecordedStep } from '@visage/gpu';
import { record, type Tensor } from '@visage/tensor';
import { Recordings } from '../core/recordings.ts';
import { lossRow } from '../training/terms.ts';

/**
 * The steps of a baseline's trainer. Each kind is recorded at its first use and replayed from then on; the losses of
 * the last step can be read.
 */
export class RecordedSteps<Name extends string> {
  readonly #names: readonly Name[];
  readonly #steps = new Recordings<string, RecordedStep<Tensor>>();
  #latest: Tensor | undefined;
  #done = 0;

  /** @param names of the losses that every step reports. */
  constructor(names: readonly Name[]) {
    this.#names = names;
  }

  /** Steps done. */
  get done(): number {
    return this.#done;
  }

  /** Issues one step of a kind; `learn` is traced if it is the first, and returns its losses, scalars. */
  run(kind: string, learn: () => Readonly<Record<Name, Tensor>>): void {
    this.#latest = this.#steps.get(kind, () => record(() => lossRow(this.#names, learn()))).run();
    this.#done += 1;
  }

  /** The losses of the latest step. */
  async losses(): Promise<Readonly<Record<Name, number>>> {
    if (!this.#latest) throw new ArgumentError('losses', 'step', '0', 'at least one step done');
    const values = await this.#latest.floats();
    return Object.fromEntries(this.#names.map((name, k) => [name, values[k]])) as Record<Name, number>;
  }

  dispose(): void {
    this.#steps.dispose();
  }
}
