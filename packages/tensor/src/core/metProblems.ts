import { type Choice, DynamicScope, type Family, type Gpu, type GpuBuffer, type Variant } from '@visage/gpu';
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

/** Problems by family and signature. */
type Collection = Map<string, MetProblem>;

const collection = new DynamicScope<Collection | undefined>(undefined);
/** Those of {@link startCollecting} that were not stopped yet. */
const running = new Set<Collection>();

/**
 * Chooses the variant for a problem, and notes the problem if {@link collectProblems} or {@link startCollecting} asks.
 */
export function chooseFor<P, V extends Variant<P>>(gpu: Gpu, stated: Problem<P, V>): Choice<V> {
  if (collection.value) note(collection.value, gpu, stated);
  for (const each of running) note(each, gpu, stated);
  return stated.family.choose(gpu, stated.problem);
}

function note<P, V extends Variant<P>>(collected: Collection, gpu: Gpu, stated: Problem<P, V>): void {
  const { family, problem, buffers, launch } = stated;
  const signature = family.describe(problem);
  const key = `${family.name} ${signature}`;
  const known = collected.get(key);
  collected.set(key, {
    family: family.name,
    signature,
    candidates: known?.candidates ?? family.candidates(gpu, problem).map(({ name }) => name),
    calls: (known?.calls ?? 0) + 1,
    buffers: buffers.filter((buffer) => buffer !== undefined),
    launch,
  });
}

/**
 * Runs `fn`, which must not be async, and returns every problem that kernel families with several variants met in it,
 * each once.
 *
 * @throws VisageError if `fn` is async; {@link startCollecting} is for such functions.
 */
export function collectProblems(fn: () => unknown): MetProblem[] {
  const found: Collection = new Map();
  collection.run('collectProblems', found, fn);
  return [...found.values()];
}

/**
 * Notes every problem that anything in this process meets from now on, as {@link collectProblems} does for one
 * function.
 *
 * @returns what ends it and returns the problems, each once.
 */
export function startCollecting(): () => MetProblem[] {
  const found: Collection = new Map();
  running.add(found);
  return () => {
    running.delete(found);
    return [...found.values()];
  };
}

/** A short number for a text: FNV-1a, in hexadecimal. */
export function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (let k = 0; k < text.length; k++) hash = Math.imul(hash ^ text.charCodeAt(k), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
