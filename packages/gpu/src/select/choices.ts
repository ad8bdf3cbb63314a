/**
 * @file Which variant of a kernel family was chosen for a launch, and why the others were not. The reasons are only
 * written when they are read.
 */
import { DynamicScope } from '../core/dynamicScope.ts';

/** A variant that was not chosen, and why. */
export interface Refusal {
  readonly name: string;
  readonly reason: string;
}

/** The variant of a family that was chosen for a problem. */
export interface Choice<V> {
  readonly family: string;
  readonly variant: V;
  /**
   * All other variants, in the family's order, and why they were not chosen. Empty if {@link withVariant} named the
   * variant.
   */
  readonly declined: readonly Refusal[];
  /** The name of the problem in the tuning memo; `undefined` if the family is not tuned. */
  readonly signature: string | undefined;
  /**
   * The choice inside which this one was made. A convolution's algorithm, for example, chooses a variant for its matrix
   * product.
   */
  readonly within: KernelChoice | undefined;
}

/** A choice, whatever its variants are; see {@link Dispatch.choice}. */
export type KernelChoice = Choice<{ readonly name: string }>;

/** A choice as plain data. */
export interface ChoiceReport {
  readonly family: string;
  readonly variant: string;
  readonly problem?: string;
  readonly declined: readonly Refusal[];
  readonly within?: ChoiceReport;
}

/** Makes plain data of a choice. */
export const reportChoice = ({ family, variant, signature, declined, within }: KernelChoice): ChoiceReport => ({
  family,
  variant: variant.name,
  ...(signature === undefined ? {} : { problem: signature }),
  declined,
  ...(within === undefined ? {} : { within: reportChoice(within) }),
});

const enclosing = new DynamicScope<KernelChoice | undefined>(undefined);

/**
 * Runs `fn`, which must not be async, inside a choice: launches in it belong to the choice unless they name another,
 * and choices that are made in it have it as {@link Choice.within}.
 *
 * @throws VisageError if `fn` is async.
 */
export const underChoice = <T>(choice: KernelChoice, fn: () => T): T => enclosing.run('underChoice', choice, fn);

/** The choice of the innermost {@link underChoice}, if there is one. */
export const enclosingChoice = (): KernelChoice | undefined => enclosing.value;
