/** @file Kernel families: several kernels that compute the same, and how one of them is chosen. */
import { DynamicScope } from '../core/dynamicScope.ts';
import { VisageError } from '../core/errors.ts';
import type { Gpu } from '../device/gpu.ts';
import { type Choice, enclosingChoice, type Refusal } from './choices.ts';

/** One way to compute the problems of a family. A method that is absent counts as one that returns `true`. */
export interface Variant<Problem> {
  readonly name: string;
  /**
   * Can the variant compute this problem correctly on this device? `true`, or the reason why not. Every precondition of
   * its kernel belongs here (limits, features, types, shapes), because a variant that {@link withVariant} forces is
   * asked this and nothing else.
   */
  supports?(problem: Problem, gpu: Gpu): true | string;
  /**
   * Should it? `true`, or the reason why not: another variant is expected to run faster, to compile faster or to round
   * less. Asked if `supports` is `true`.
   */
  admits?(problem: Problem, gpu: Gpu): true | string;
  /**
   * Why the variant comes after `chosen` although it admits the problem. For families whose order depends on the
   * problem.
   */
  slowerThan?(problem: Problem, chosen: { readonly name: string }, gpu: Gpu): string;
}

/** What a {@link Family} is made of. */
export interface FamilyDefinition<P, V extends Variant<P>> {
  /** The unique name in reports, tuning memos and {@link withVariant}. */
  readonly name: string;
  /** The most preferred variant first. The last one takes every problem. */
  readonly variants: readonly V[];
  /**
   * A text that identifies the problem within the family: for errors, and for the tuning memo if the family is tuned.
   */
  describe(problem: P): string;
  /** Is the tuning memo asked for the family's problems? Default false. */
  readonly tuned?: boolean;
  /**
   * The variants in order of preference for one problem, if the order depends on the problem. Default: {@link
   * FamilyDefinition.variants}.
   */
  order?(problem: P, gpu: Gpu): readonly V[];
}

/** What is known of a family without the type of its problems. */
export interface NamedFamily {
  readonly name: string;
  readonly variants: readonly { readonly name: string }[];
}

const families = new Map<string, NamedFamily>();
/** The variants that {@link withVariant} has in force. */
const forced = new DynamicScope<ReadonlyMap<NamedFamily, string>>(new Map());

/** Every family that was defined so far, in that order. A package defines its families when it is loaded. */
export const kernelFamilies = (): readonly NamedFamily[] => [...families.values()];

/**
 * Several kernels that compute the same. Only this class asks variants whether they can and should compute a problem.
 */
export class Family<P, V extends Variant<P>> implements NamedFamily {
  readonly name: string;
  readonly variants: readonly V[];
  readonly tuned: boolean;
  readonly describe: (problem: P) => string;
  readonly #order: (problem: P, gpu: Gpu) => readonly V[];

  /** @throws VisageError if another family has this name. */
  constructor(definition: FamilyDefinition<P, V>) {
    const { name, variants, tuned = false, describe, order = () => variants } = definition;
    if (families.has(name))
      throw new VisageError(`the kernel family ${name} is defined twice: is a package of Visage loaded in two copies?`);
    this.name = name;
    this.variants = variants;
    this.tuned = tuned;
    this.describe = describe;
    this.#order = order;
    families.set(name, this);
  }

  /**
   * Chooses the variant that {@link withVariant} names; else the variant that the device's tuning memo names as the
   * fastest for this problem; else the first that can and should compute it.
   *
   * @throws VisageError if the forced variant cannot compute the problem, or if no variant takes it, with all reasons.
   */
  choose(gpu: Gpu, problem: P): Choice<V> {
    const wanted = forced.value.get(this);
    if (wanted !== undefined)
      return new Chosen(this.#forced(wanted, problem, gpu), { family: this, variants: [], problem, gpu });
    const variants = this.#order(problem, gpu);
    const measured = this.#measured(variants, problem, gpu);
    if (measured) return new Chosen(measured, { family: this, variants, problem, gpu, measured: true });
    const first = variants.find((each) => answerOf(each, problem, gpu) === true);
    if (first) return new Chosen(first, { family: this, variants, problem, gpu });
    const reasons = variants.map((each) => `${each.name}: ${answerOf(each, problem, gpu)}`).join('; ');
    throw new VisageError(`${this.name}: no kernel variant takes ${this.describe(problem)} (${reasons})`);
  }

  /** The variants that can and should compute a problem, the most preferred first. */
  candidates(gpu: Gpu, problem: P): V[] {
    return this.#order(problem, gpu).filter((each) => answerOf(each, problem, gpu) === true);
  }

  #forced(name: string, problem: P, gpu: Gpu): V {
    const variant = variantNamed(this, name) as V;
    const answer = variant.supports?.(problem, gpu) ?? true;
    if (answer === true) return variant;
    throw new VisageError(`${this.name}: ${name} cannot compute ${this.describe(problem)}: ${answer}`);
  }

  /** The variant that the memo names, if it exists and takes the problem: the memo may be older than the kernels. */
  #measured(variants: readonly V[], problem: P, gpu: Gpu): V | undefined {
    if (!this.tuned || gpu.deterministic || !gpu.tuning.has(this.name)) return undefined;
    const name = gpu.tuning.get(this.name, this.describe(problem))?.variant;
    const variant = name === undefined ? undefined : variants.find((each) => each.name === name);
    return variant && answerOf(variant, problem, gpu) === true ? variant : undefined;
  }
}

/** `true`, or why a variant cannot or should not compute a problem. */
function answerOf<P>(variant: Variant<P>, problem: P, gpu: Gpu): true | string {
  const supported = variant.supports?.(problem, gpu) ?? true;
  return supported === true ? (variant.admits?.(problem, gpu) ?? true) : supported;
}

function familyNamed(name: string): NamedFamily {
  const family = families.get(name);
  if (family) return family;
  const names = [...families.keys()].sort().join(', ') || 'none before @visage/tensor is loaded';
  throw new VisageError(`no kernel family is called ${name}; there are ${names}`);
}

function variantNamed(family: NamedFamily, name: string): { readonly name: string } {
  const variant = family.variants.find((each) => each.name === name);
  if (variant) return variant;
  const names = family.variants.map((each) => each.name).join(', ');
  throw new VisageError(`${family.name}: no variant is called ${name}; there are ${names}`);
}

/**
 * Runs `fn`, which must not be async, and forces one variant of a family for every problem of the family, even if
 * another variant would be preferred. For benchmarks, and for tests that compare variants.
 *
 * @throws VisageError if there is no such family or variant, if the variant cannot compute a problem of `fn`, or if
 * `fn` is async.
 */
export function withVariant<T>(family: string, name: string, fn: () => T): T {
  const named = familyNamed(family);
  variantNamed(named, name);
  return forced.run('withVariant', new Map([...forced.value, [named, name]]), fn);
}

/** How a variant was chosen. */
interface Question<P, V extends Variant<P>> {
  readonly family: Family<P, V>;
  /** The variants that were considered, the most preferred first; none if the variant was forced. */
  readonly variants: readonly V[];
  readonly problem: P;
  readonly gpu: Gpu;
  /** Did the tuning memo decide? */
  readonly measured?: boolean;
}

/**
 * A choice that finds the reasons against the other variants only when they are read: choosing is on the path of every
 * launch.
 */
class Chosen<P, V extends Variant<P>> implements Choice<V> {
  readonly within = enclosingChoice();
  readonly variant: V;
  readonly #question: Question<P, V>;

  constructor(variant: V, question: Question<P, V>) {
    this.variant = variant;
    this.#question = question;
  }

  get family(): string {
    return this.#question.family.name;
  }

  get signature(): string | undefined {
    const { family, problem } = this.#question;
    return family.tuned ? family.describe(problem) : undefined;
  }

  get declined(): readonly Refusal[] {
    return this.#question.variants
      .filter((other) => other !== this.variant)
      .map((other) => ({ name: other.name, reason: this.#reason(other) }));
  }

  #reason(other: V): string {
    const { variants, problem, gpu, measured } = this.#question;
    const answer = answerOf(other, problem, gpu);
    if (answer !== true) return answer;
    const { variant } = this;
    if (measured && variants.indexOf(other) < variants.indexOf(variant)) return `measured slower than ${variant.name}`;
    return other.slowerThan?.(problem, variant, gpu) ?? 'less preferred';
  }
}
