import { checkOptions, type OptionKeys } from '@visage/gpu';
import type { AdamNumbers, PairKind } from '../../core/recipe.ts';

/** How both stages of FaceShifter are trained. Plain data. */
export interface FaceShifterRecipe {
  readonly weights: { readonly attributes: number; readonly identity: number; readonly reconstruction: number };
  /** Of AEI-Net, of its discriminator and of HEAR-Net. */
  readonly optimizer: AdamNumbers;
  /** Kinds of consecutive batches of the first stage, repeated for ever. */
  readonly pairs: readonly PairKind[];
  /** The same for the second stage. */
  readonly refinementPairs: readonly PairKind[];
}

const RECIPE: OptionKeys<FaceShifterRecipe> = { weights: true, optimizer: true, pairs: true, refinementPairs: true };

/** Throws unless a recipe has the parts of one, and no others. */
export function checkFaceShifterRecipe(recipe: FaceShifterRecipe): void {
  checkOptions('FaceShifter recipe', recipe, RECIPE);
  const { weights } = recipe;
  checkOptions('FaceShifter recipe.weights', weights, { attributes: true, identity: true, reconstruction: true });
}

/**
 * The paper's recipe (Li et al., FaceShifter, 2019): L = L_adv + 10 · L_att + 5 · L_id + 10 · L_rec, one pair in five
 * and, in the second stage, one in two of the same person. The optimizer is that of the public ports.
 */
export const faceShifterPaper: FaceShifterRecipe = {
  weights: { attributes: 10, identity: 5, reconstruction: 10 },
  optimizer: { learningRate: 4e-4, beta1: 0, beta2: 0.999, epsilon: 1e-8 },
  pairs: ['cross', 'cross', 'same', 'cross', 'cross'],
  refinementPairs: ['cross', 'same'],
};
