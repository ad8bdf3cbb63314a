/** @file Kernel families: several ways to compute one problem, and who decides which is taken. */

import { DynamicScope } from '../core/dynamicScope.ts';
import { VisageError } from '../core/errors.ts';
import type { Gpu } from '../device/gpu.ts';
import { type Choice, enclosingChoice, type Refusal } from './choices.ts';

/** One way to compute a family's problem. A question that is absent is answered with `true`. */
export interface Variant<Problem> {
  readonly name: string;
  /**
   * Can it compute this problem right on this device? `true`, or the reason why not. Whatever its kernel takes for granted belongs here (limits, features,
   * types, shapes): also a variant that {@link withVariant} forces is asked.
   */
  supports?(problem: Problem, gpu: Gpu): true | string;
  /** Should it? `true`, or the reason why not: another variant is expected to be faster, to compile sooner or to round less. Asked after `supports`. */
  admits?(problem: Problem, gpu: Gpu): true | string;
  /** Why it comes after `chosen` although it admits the problem, for families whose order depends on the problem. */
  slowerThan?(problem: Problem, chosen: { readonly name: string }, gpu: Gpu): string;
}

/** What makes a {@link Family}. */
export interface FamilyDefinition<P, V extends Variant<P>> {
  /** In reports, tuning memos and {@link withVariant}; no two families share one. */
  readonly name: string;
  /** Most preferred first. The last one takes every problem. */
  readonly variants: readonly V[];
  /** The problem in words that tell it from the family's other problems: in errors, and in the tuning memo if the family is tuned. */
  describe(problem: P): string;
  /** Does the tuning memo know the family's problems? Default false. */
  readonly tuned?: boolean;
  /** The variants in the order of preference for one problem, where that depends on it. */
  order?(problem: P, gpu: Gpu): readonly V[];
}

/** As much of a family as whoever knows it by name alone may use. */
export interface NamedFamily {
  readonly name: string;
  readonly variants: readonly { readonly name: string }[];
}

const families = new Map<string, NamedFamily>();
/** The variants that {@link withVariant} has in force. */
const forced = new DynamicScope<ReadonlyMap<NamedFamily, string>>(new Map());

/** Every family defined so far, in that order. Packages define theirs as they are loaded. */
export const kernelFamilies = (): readonly NamedFamily[] => [...families.values()];

/** Several ways to compute one problem. Variants are asked here and nowhere else whether they can and should. */
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
   * Takes the variant that {@link withVariant} names; else the one that the device's tuning memo knows to be the fastest for this problem; else the first that
   * can and should.
   *
   * @throws VisageError if the forced variant cannot compute the problem, or if none takes it, with all reasons.
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

  /** The variants that can and should compute a problem, most preferred first. */
  candidates(gpu: Gpu, problem: P): V[] {
    return this.#order(problem, gpu).filter((each) => answerOf(each, problem, gpu) === true);
  }

  #forced(name: string, problem: P, gpu: Gpu): V {
    const variant = variantNamed(this, name) as V;
    const able = variant.supports?.(problem, gpu) ?? true;
    if (able === true) return variant;
    throw new VisageError(`${this.name}: ${name} cannot compute ${this.describe(problem)}: ${able}`);
  }

  /** What the memo names, if that variant still exists and takes the problem: a memo may be older than the kernels. */
  #measured(variants: readonly V[], problem: P, gpu: Gpu): V | undefined {
    if (!this.tuned || gpu.deterministic || !gpu.tuning.knows(this.name)) return undefined;
    const name = gpu.tuning.get(this.name, this.describe(problem))?.variant;
    const variant = name === undefined ? undefined : variants.find((each) => each.name === name);
    return variant && answerOf(variant, problem, gpu) === true ? variant : undefined;
  }
}

/** `true`, or why a variant cannot or should not compute a problem. */
function answerOf<P>(variant: Variant<P>, problem: P, gpu: Gpu): true | string {
  const able = variant.supports?.(problem, gpu) ?? true;
  return able === true ? (variant.admits?.(problem, gpu) ?? true) : able;
}

function familyNamed(name: string): NamedFamily {
  const family = families.get(name);
  if (family) return family;
  const known = [...families.keys()].sort().join(', ') || 'none before @visage/tensor is loaded';
  throw new VisageError(`no kernel family is called ${name}; there are ${known}`);
}

function variantNamed(family: NamedFamily, name: string): { readonly name: string } {
  const variant = family.variants.find((each) => each.name === name);
  if (variant) return variant;
  const known = family.variants.map((each) => each.name).join(', ');
  throw new VisageError(`${family.name}: no variant is called ${name}; there are ${known}`);
}

/**
 * Runs `fn`, which must not be async, with one variant of a family taken for every problem that it can compute, be it wise or not: for tests that hold variants
 * together and for benchmarks.
 *
 * @throws VisageError if there is no such family or variant, or if the variant cannot compute a problem that `fn` meets.
 */
export function withVariant<T>(family: string, name: string, fn: () => T): T {
  const named = familyNamed(family);
  variantNamed(named, name);
  return forced.run('withVariant', new Map([...forced.value, [named, name]]), fn);
}

/** A problem, and who was asked. */
interface Question<P, V extends Variant<P>> {
  readonly family: Family<P, V>;
  /** Most preferred first; nobody where the variant was forced. */
  readonly variants: readonly V[];
  readonly problem: P;
  readonly gpu: Gpu;
  /** The tuning memo decided. */
  readonly measured?: boolean;
}

/** Remembers what was asked of whom; reasons are asked for again when somebody wants to read them. */
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
