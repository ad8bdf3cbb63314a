import { type Choice, enclosingChoice, type Refusal } from './choices.ts';
import { VisageError } from './errors.ts';
import type { Gpu } from './gpu.ts';
import { refuseAsync } from './synchronous.ts';

/** One way to compute a family's problem. */
export interface Variant<Problem> {
  readonly name: string;
  /** `true`, or the reason why this variant does not take this problem on this device. */
  admits(problem: Problem, gpu: Gpu): true | string;
  /** Why it comes after `chosen` although it admits the problem, for families whose order depends on the problem. */
  behind?(problem: Problem, chosen: { readonly name: string }): string;
}

const forced = new Map<string, string>();

/** Runs `fn`, which must not be async, with one variant of a family taken whatever it admits: for tests that hold variants together and for benchmarks. */
export function withVariant<T>(family: string, name: string, fn: () => T): T {
  const before = forced.get(family);
  forced.set(family, name);
  try {
    const result = fn();
    refuseAsync('withVariant', result);
    return result;
  } finally {
    if (before === undefined) forced.delete(family);
    else forced.set(family, before);
  }
}

/** A problem, and who could compute it. */
interface Contest<P, V extends Variant<P>> {
  readonly family: string;
  /** Most preferred first; nobody where the choice was not free. */
  readonly variants: readonly V[];
  readonly problem: P;
  readonly gpu: Gpu;
  readonly signature: (() => string) | undefined;
  /** The tuning memo decided. */
  readonly measured: boolean;
}

/** Remembers what was asked of whom; reasons are asked for again when somebody wants to read them. */
class Chosen<P, V extends Variant<P>> implements Choice<V> {
  readonly within = enclosingChoice();
  readonly variant: V;
  readonly #contest: Contest<P, V>;

  constructor(variant: V, contest: Contest<P, V>) {
    this.variant = variant;
    this.#contest = contest;
  }

  get family(): string {
    return this.#contest.family;
  }

  get signature(): string | undefined {
    return this.#contest.signature?.();
  }

  get declined(): readonly Refusal[] {
    const { variants } = this.#contest;
    return variants
      .filter((other) => other !== this.variant)
      .map((other) => ({ name: other.name, reason: this.#reason(other) }));
  }

  #reason(other: V): string {
    const { variants, problem, gpu, measured } = this.#contest;
    const answer = other.admits(problem, gpu);
    if (answer !== true) return answer;
    const { variant } = this;
    if (measured && variants.indexOf(other) < variants.indexOf(variant)) return `measured slower than ${variant.name}`;
    return other.behind?.(problem, variant) ?? 'less preferred';
  }
}

/**
 * Takes the variant that was measured to be the fastest for a problem with this signature, if the device's tuning memo knows one; else the first
 * that admits the problem: the list is ordered, most preferred first.
 *
 * @param signature makes what tells this problem from others in the tuning memo, asked only if the memo knows the family; without one it is not asked.
 */
export function choose<P, V extends Variant<P>>(
  family: string,
  variants: readonly V[],
  problem: P,
  gpu: Gpu,
  signature?: () => string,
): Choice<V> {
  const contest = { family, variants, problem, gpu, signature, measured: false };
  const wanted = forced.get(family);
  if (wanted !== undefined) {
    const variant = variants.find((v) => v.name === wanted);
    if (!variant)
      throw new VisageError(
        `${family}: no variant is called ${wanted}; there are ${variants.map((v) => v.name).join(', ')}`,
      );
    return new Chosen(variant, { ...contest, variants: [] });
  }
  const measured = measuredVariant(family, variants, problem, gpu, signature);
  if (measured) return new Chosen(measured, { ...contest, measured: true });
  const first = variants.find((each) => each.admits(problem, gpu) === true);
  if (first) return new Chosen(first, contest);
  const reasons = variants.map((each) => `${each.name}: ${each.admits(problem, gpu)}`).join('; ');
  throw new VisageError(`${family}: no kernel variant takes ${JSON.stringify(problem)} (${reasons})`);
}

/** What the memo names, if that variant still exists and admits the problem: a memo may be older than the kernels. */
function measuredVariant<P, V extends Variant<P>>(
  family: string,
  variants: readonly V[],
  problem: P,
  gpu: Gpu,
  signature: (() => string) | undefined,
): V | undefined {
  if (signature === undefined || gpu.deterministic || !gpu.tuning.knows(family)) return undefined;
  const name = gpu.tuning.get(family, signature())?.variant;
  const variant = name === undefined ? undefined : variants.find((each) => each.name === name);
  return variant?.admits(problem, gpu) === true ? variant : undefined;
}
