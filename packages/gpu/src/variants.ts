import { VisageError } from './errors.ts';
import type { Gpu } from './gpu.ts';
import { refuseAsync } from './synchronous.ts';

/** One way to compute a family's problem. */
export interface Variant<Problem> {
  readonly name: string;
  /** `true`, or the reason why this variant does not take this problem on this device. */
  admits(problem: Problem, gpu: Gpu): true | string;
}

/** A variant and why the ones before it declined. */
export interface Choice<V> {
  readonly variant: V;
  readonly declined: readonly { readonly name: string; readonly reason: string }[];
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
  const wanted = forced.get(family);
  if (wanted !== undefined) {
    const variant = variants.find((v) => v.name === wanted);
    if (!variant)
      throw new VisageError(
        `${family}: no variant is called ${wanted}; there are ${variants.map((v) => v.name).join(', ')}`,
      );
    return { variant, declined: [] };
  }
  const measured = measuredVariant(family, variants, problem, gpu, signature);
  const declined: { name: string; reason: string }[] = [];
  for (const variant of variants) {
    if (variant === measured) return { variant, declined };
    const answer = variant.admits(problem, gpu);
    if (answer === true && !measured) return { variant, declined };
    declined.push({ name: variant.name, reason: answer === true ? `measured slower than ${measured?.name}` : answer });
  }
  const reasons = declined.map((d) => `${d.name}: ${d.reason}`).join('; ');
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
