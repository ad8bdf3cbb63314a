import type { Tensor } from '@visage/tensor';
import type { CaseTensors, GoldenCase } from './golden.ts';

/**
 * The results of a case, which are compared with the file: outputs under their short names (`y`, …), and gradients
 * under the names of their inputs.
 */
export interface Computed {
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly gradients: Readonly<Record<string, Tensor>>;
}

/** A case with its inputs on the device. */
export interface Prepared {
  /** Computes the results with ops. It is called once eagerly and once while a step is recorded. */
  compute(): Computed;
  /**
   * Computes the same logs, but takes each step in the current precision from the state that f32 steps have reached.
   * Rounding errors then affect only one step. They would otherwise grow: Adam without momentum moves a parameter by
   * the sign of its gradient, so a rounding error that changes the sign of a small gradient changes a whole step. This
   * is only run eagerly.
   */
  computeApart?(): Computed;
  /**
   * Restores what {@link compute} changes in place (running statistics, parameters). It is called before each of the
   * two runs.
   */
  reset?(): void;
  /** The uploaded tensors, which are freed after the case. */
  readonly inputs: readonly Tensor[];
  /** The expected values in Visage's layout. */
  readonly expected: {
    readonly outputs: Readonly<Record<string, ArrayLike<number>>>;
    readonly gradients: Readonly<Record<string, ArrayLike<number>>>;
  };
  /**
   * The columns of outputs whose name begins with `log`. The columns differ in scale, so their numbers are compared one
   * by one and not as whole tensors.
   */
  readonly columns?: readonly string[];
}

/** Uploads the inputs of a case and returns the functions that compute it. */
export type Preparer = (golden: GoldenCase, tensors: CaseTensors) => Prepared;
