/** @file Which variant of a kernel family a launch takes, and why not another: kept as it was chosen, put into words when somebody asks. */
import { DynamicScope } from '../core/dynamicScope.ts';

/** A variant that was not taken, and why. */
export interface Refusal {
  readonly name: string;
  readonly reason: string;
}

/** The variant of a family that was taken for a problem. */
export interface Choice<V> {
  readonly family: string;
  readonly variant: V;
  /** All others, in the family's order, and why they were not taken. Found out when asked for; empty if `withVariant` named the variant. */
  readonly declined: readonly Refusal[];
  /** As the tuning memo knows the problem; `undefined` where nothing is tuned. */
  readonly signature: string | undefined;
  /** The choice that this one arose in, as that of a product does in a convolution's algorithm. */
  readonly within: KernelChoice | undefined;
}

/** The choice that a launch belongs to. */
export type KernelChoice = Choice<{ readonly name: string }>;

/** A choice as plain data. */
export interface ChoiceReport {
  readonly family: string;
  readonly variant: string;
  readonly problem?: string;
  readonly declined: readonly Refusal[];
  readonly within?: ChoiceReport;
}

/** Puts a choice into words. */
export const reportChoice = ({ family, variant, signature, declined, within }: KernelChoice): ChoiceReport => ({
  family,
  variant: variant.name,
  ...(signature === undefined ? {} : { problem: signature }),
  declined,
  ...(within === undefined ? {} : { within: reportChoice(within) }),
});

const enclosing = new DynamicScope<KernelChoice | undefined>(undefined);

/**
 * Runs `fn`, which must not be async, for a choice: what it launches without a choice of its own belongs to this one, and choices that are made in it arise
 * {@link Choice.within} it.
 */
export const underChoice = <T>(choice: KernelChoice, fn: () => T): T => enclosing.run('underChoice', choice, fn);

/** The innermost choice that kernels are launched for now. */
export const enclosingChoice = (): KernelChoice | undefined => enclosing.value;
