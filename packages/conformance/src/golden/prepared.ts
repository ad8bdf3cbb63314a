import type { Tensor } from '@visage/tensor';
import type { CaseTensors, GoldenCase } from './golden.ts';

/** What a case computes: its results, to be compared with the file, by short name (`y`, `d_x`, …). */
export interface Computed {
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly gradients: Readonly<Record<string, Tensor>>;
}

/** A case with its inputs on the device. */
export interface Prepared {
  /** Computes everything with ops; called once eagerly and once while a step is recorded. */
  compute(): Computed;
  /**
   * The same logs, each step taken in the precision in force behind steps in f32. Rounding then shows once: an Adam
   * without momentum moves by a gradient's sign and makes whole steps of what rounding does to the small ones. Run
   * eagerly only.
   */
  computeApart?(): Computed;
  /**
   * Puts back what {@link compute} changes in place (running statistics, parameters); called before each of the two
   * runs.
   */
  reset?(): void;
  /** What was uploaded, to be freed after the case. */
  readonly inputs: readonly Tensor[];
  /** The expected values in our layout. */
  readonly expected: {
    readonly outputs: Readonly<Record<string, ArrayLike<number>>>;
    readonly gradients: Readonly<Record<string, ArrayLike<number>>>;
  };
  /**
   * Outputs whose name begins with `log` have these columns, each of its own scale: their numbers are compared one by
   * one, not as whole tensors.
   */
  readonly columns?: readonly string[];
}

/** Uploads a case's inputs and says how to compute it. */
export type Preparer = (golden: GoldenCase, tensors: CaseTensors) => Prepared;
