import type { Choice, Family, Gpu, GpuBuffer, Variant } from '@visage/gpu';
import type { Tensor } from './tensor.ts';

/** A problem that a kernel family met: enough to launch it again, with any of its variants. */
export interface MetProblem {
  readonly family: string;
  /** What tells it from the family's other problems. */
  readonly signature: string;
  /** Variants that can and should compute it, most preferred first. */
  readonly candidates: readonly string[];
  /** How often it was met. */
  readonly calls: number;
  /** Buffers that a launch reads, or writes to if the caller owns its result. */
  readonly buffers: readonly GpuBuffer[];
  /** Launches it, by whatever variant is chosen then, and returns its result. */
  launch(): Tensor;
}

/** A problem as its family states it. */
export interface Problem<P, V extends Variant<P>> {
  /**
   * A family that is tuned. Its last variant takes every problem, and the results of the others are compared with its.
   */
  readonly family: Family<P, V>;
  readonly problem: P;
  readonly buffers: readonly (GpuBuffer | undefined)[];
  launch(): Tensor;
}

let collected: Map<string, MetProblem> | undefined;

/** Chooses the variant for a problem, and notes the problem if {@link collectProblems} asks. */
export function chooseFor<P, V extends Variant<P>>(gpu: Gpu, stated: Problem<P, V>): Choice<V> {
  const { family, problem, buffers, launch } = stated;
  if (collected) {
    const signature = family.describe(problem);
    const key = `${family.name} ${signature}`;
    const before = collected.get(key);
    collected.set(key, {
      family: family.name,
      signature,
      candidates: before?.candidates ?? family.candidates(gpu, problem).map(({ name }) => name),
      calls: (before?.calls ?? 0) + 1,
      buffers: buffers.filter((buffer) => buffer !== undefined),
      launch,
    });
  }
  return family.choose(gpu, problem);
}

/** Runs `fn` and returns every problem that kernel families with several variants met in it, each once. */
export async function collectProblems(fn: () => unknown): Promise<MetProblem[]> {
  const before = collected;
  const problems = new Map<string, MetProblem>();
  collected = problems;
  try {
    await fn();
  } finally {
    collected = before;
  }
  return [...problems.values()];
}

/** A short number for a text: FNV-1a, in hexadecimal. */
export function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (let k = 0; k < text.length; k++) hash = Math.imul(hash ^ text.charCodeAt(k), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
