/**
 * @file Recipes: how SimSwap is trained. The sizes of the networks belong to presets, and the pictures to data sets.
 */
import { elementOf } from './lists.ts';
import type { PictureChanges } from './pictureChanges.ts';

/**
 * What a pair of target and source has in common: the person; nothing; or, `shuffled`, what chance gives when the
 * sources of a `same` batch are permuted, so that a row may keep its own person. Pairs of kind `truth` are `cross`
 * pairs whose exact swap is known, as only rendered faces have it.
 */
export type PairKind = 'same' | 'cross' | 'shuffled' | 'truth';

export const pairKinds: readonly PairKind[] = ['same', 'cross', 'shuffled', 'truth'];

/** How an image comes to the side length that the identity network expects. */
export type IdentityResize = 'bicubic' | 'bilinear' | 'nearest';

export const identityResizes: readonly IdentityResize[] = ['bicubic', 'bilinear', 'nearest'];

/** A random change of the pictures that the discriminator is shown, see `diffAugment`. */
export type Augmentation = 'color' | 'translation' | 'cutout';

export const augmentations: readonly Augmentation[] = ['color', 'translation', 'cutout'];

/** Weights of the terms of the two losses. */
export interface LossWeights {
  readonly identity: number;
  /** Of the term that counts on pairs of kind `same` only. */
  readonly reconstruction: number;
  readonly featureMatching: number;
  /** 0: the penalty is not computed. */
  readonly gradientPenalty: number;
  /** Of the difference from the exact swap inside its mask, which counts on pairs of kind `truth` only. */
  readonly truth: number;
}

/** The hyperparameters of an Adam optimizer. */
export interface AdamNumbers {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** A way to train SimSwap. Plain data: it travels in checkpoints as JSON. */
export interface Recipe {
  readonly name: string;
  /**
   * The generator's last layer, and with it the colour space of both its ends: [0, 1] behind `tanh`, ImageNet's behind
   * `linear`.
   */
  readonly head: 'tanh' | 'linear';
  /** Whether the generator has skip connections from the target to the result, see `GeneratorConfig`. */
  readonly skips: boolean;
  /** PatchGAN at two scales, or the projected discriminator. */
  readonly discriminator: 'patch' | 'projected';
  readonly weights: LossWeights;
  /**
   * Feature maps of the discriminator that feature matching compares; negative ones count from the deepest. Empty:
   * none.
   */
  readonly featureLayers: readonly number[] | 'all';
  /** Which faces the discriminator is shown as real. */
  readonly realImages: 'target' | 'source';
  /** Factor of the discriminator's two hinge terms. */
  readonly hingeFactor: number;
  /**
   * `together`: both networks learn from one batch and one swap of it. `alternate`: the generator learns from a batch,
   * then the discriminator from another.
   */
  readonly turns: 'together' | 'alternate';
  /** The random changes of the pictures that the discriminator sees, see `diffAugment`. Empty: none. */
  readonly augmentation: readonly Augmentation[];
  /**
   * The random changes of the training pictures before any network sees them. Results are compared with pictures that
   * were neither blurred nor compressed, see `ChangedPairs`.
   */
  readonly pictures: PictureChanges;
  readonly generatorOptimizer: AdamNumbers;
  readonly discriminatorOptimizer: AdamNumbers;
  /** Kinds of consecutive batches, repeated for ever. */
  readonly pairs: readonly PairKind[];
  readonly identityResize: IdentityResize;
  /** Decay of the moving average of the generator's weights, per step, once it has warmed up. */
  readonly averageDecay: number;
  /** Steps in which both learning rates rise from 0 at the start, for networks that were trained before; 0: none. */
  readonly warmupSteps: number;
  /** Steps over which both learning rates fall to zero along half a cosine; 0 keeps them constant. */
  readonly decaySteps: number;
}

/** The kind of the pairs of a step, counted from 0: a recipe's list of kinds is repeated for ever. */
export const kindAt = (pairs: readonly PairKind[], step: number): PairKind =>
  elementOf(pairs, step % pairs.length, 'recipe.pairs');

/** The numbers of a recipe as options of `Adam`. */
export const adamOptions = ({ learningRate, beta1, beta2, epsilon }: AdamNumbers) => ({
  learningRate,
  betas: [beta1, beta2] as const,
  eps: epsilon,
});
