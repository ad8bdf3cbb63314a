import type { Gpu } from './gpu.ts';
import { VisageError } from './errors.ts';

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

/** Takes the first variant that admits the problem; the list is ordered, most preferred first. */
export function choose<P, V extends Variant<P>>(family: string, variants: readonly V[], problem: P, gpu: Gpu): Choice<V> {
  const declined: { name: string; reason: string }[] = [];
  for (const variant of variants) {
    const answer = variant.admits(problem, gpu);
    if (answer === true) return { variant, declined };
    declined.push({ name: variant.name, reason: answer });
  }
  const reasons = declined.map((d) => `${d.name}: ${d.reason}`).join('; ');
  throw new VisageError(`${family}: no kernel variant takes ${JSON.stringify(problem)} (${reasons})`);
}
