import type { Level } from '@visage/faces';
import type { IdentityNetwork, RecipeChanges } from '@visage/simswap';
import type { Tensor } from '@visage/tensor';
import type { Preset } from '../../settings/presets.ts';
import type { Budget, Spent } from '../plan/budget.ts';
import type { SwapPlan } from '../plan/swaps.ts';

/** The settings with which every system is trained. */
export interface ComparisonSettings {
  /** The sizes of SimSwap's networks, which also set the width of the other systems' networks. */
  readonly preset: Preset;
  readonly imageSize: number;
  readonly level: Level;
  readonly budget: Budget;
  readonly plan: SwapPlan;
  readonly seed: number;
  /** Fields of SimSwap's recipe that differ from the paper's and the preset's. */
  readonly set?: RecipeChanges;
  /**
   * The network that extracts the identity of a source. The people it was trained on are neither those of the judge nor
   * the held-out ones.
   */
  readonly identity: IdentityNetwork;
}

/** A system after its training. */
export interface ComparedSystem {
  readonly name: string;
  readonly spent: Spent;
  /** Number of trained parameters that a swap needs, without those of the identity network. */
  readonly parameters: number;
  /**
   * Swaps faces with tensor ops: targets and sources [N, S, S, 3] in [0, 1] → [N, S, S, 3]. `wanted` is the number of
   * the source among the people of the plan, for systems that select a person by number and ignore the source images.
   */
  swap(target: Tensor, source: Tensor, wanted: number): Tensor;
}
