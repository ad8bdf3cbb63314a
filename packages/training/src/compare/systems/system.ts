import type { Level } from '@visage/faces';
import type { IdentityNetwork, RecipeChanges } from '@visage/simswap';
import type { Tensor } from '@visage/tensor';
import type { Preset } from '../../settings/presets.ts';
import type { Budget, Spent } from '../plan/budget.ts';
import type { SwapPlan } from '../plan/swaps.ts';

/** What every system is trained with. */
export interface ComparisonSettings {
  /** Sizes: those of SimSwap's networks, and with them the width of the others. */
  readonly preset: Preset;
  readonly imageSize: number;
  readonly level: Level;
  readonly budget: Budget;
  readonly plan: SwapPlan;
  readonly seed: number;
  /** Fields of SimSwap's recipe that are not the paper's or the preset's. */
  readonly set?: RecipeChanges;
  /** The network that says who is in a source; trained on other people than the judge's and the held-out ones. */
  readonly identity: IdentityNetwork;
}

/** A system after its training. */
export interface ComparedSystem {
  readonly name: string;
  readonly spent: Spent;
  /** Trained values that a swap needs, the identity network's apart. */
  readonly parameters: number;
  /**
   * Swaps, with ops: [N, S, S, 3] targets and sources in [0, 1] → [N, S, S, 3]. `wanted` is the source's number among
   * the people of the plan, for systems that know their people by number and look at no source.
   */
  swap(target: Tensor, source: Tensor, wanted: number): Tensor;
}
