import type { Constant, Gpu, Variant } from '@visage/gpu';
import type { GemmProblem } from './problem.ts';

/** Terms that one f32 accumulator adds in series before a sum is split, for accuracy. */
export const LONGEST_SUM = 8192;

/** How a variant covers a problem. */
export interface GemmPlan {
  /** WGSL of the multiply. */
  readonly multiply: string;
  readonly constants: Readonly<Record<string, Constant>>;
  /** Tiles along m and n. */
  readonly tiles: readonly [number, number];
  /** K is split in multiples of this. */
  readonly kStep: number;
  /** Pieces that K falls into, where the variant knows better than the rule for all. */
  readonly splits?: number;
  readonly enables?: readonly string[];
  /** Takes eight halves at a time, packed as they lie in memory. */
  readonly wide?: boolean;
  /** Reads a B that is stored across; others get a copy in rows. */
  readonly readsAcross?: boolean;
  /** Asks the problem for `shareStep`. */
  readonly shares?: boolean;
}

export interface GemmVariant extends Variant<GemmProblem> {
  plan(problem: GemmProblem, gpu: Gpu): GemmPlan;
}
