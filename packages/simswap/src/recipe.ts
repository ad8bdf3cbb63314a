/**
 * @file Recipes: how SimSwap is trained, apart from how large the networks are (that is a preset's business) and what the pictures are.
 */

import { JsonReader } from './json.ts';

/** What a pair of target and source has in common: the person, or nothing. */
export type PairKind = 'same' | 'cross';

/** How an image comes to the side length that the identity network expects. */
export type IdentityResize = 'bicubic' | 'bilinear' | 'nearest';

/** Weights of the terms of the two losses. */
export interface LossWeights {
  readonly identity: number;
  /** Counts on same-identity batches only. */
  readonly reconstruction: number;
  readonly featureMatching: number;
  readonly gradientPenalty: number;
}

/** The numbers of an Adam optimizer. */
export interface AdamNumbers {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** A way to train SimSwap. Plain data: it travels in checkpoints as JSON. */
export interface Recipe {
  readonly name: string;
  readonly weights: LossWeights;
  /** Feature maps of the discriminator that weak feature matching compares; negative ones count from the deepest. Empty: none. */
  readonly featureLayers: readonly number[];
  readonly generatorOptimizer: AdamNumbers;
  readonly discriminatorOptimizer: AdamNumbers;
  /** Kinds of consecutive batches, repeated for ever. */
  readonly pairs: readonly PairKind[];
  readonly identityResize: IdentityResize;
  /** Decay of the moving average of the generator's weights, per step, once it has warmed up. */
  readonly averageDecay: number;
  /** Steps over which both learning rates fall to zero along half a cosine; 0 keeps them constant. */
  readonly decaySteps: number;
}

const adam: AdamNumbers = { learningRate: 4e-4, beta1: 0, beta2: 0.999, epsilon: 1e-8 };

/**
 * The paper's recipe (Chen et al., SimSwap, ACM MM 2020), the default.
 *
 * From the paper: the four weights, β = (0, 0.999), hinge loss on two scales, alternation of same- and cross-identity batches, weak
 * feature matching on "the last few" layers. The paper does not number those layers nor give a learning rate: the last two of five
 * feature maps, and the 4e-4 of the authors' training code, which also resizes for the identity network by bicubic interpolation.
 * The moving average is ours; it takes no part in training.
 */
export const paper: Recipe = {
  name: 'paper',
  weights: { identity: 10, reconstruction: 10, featureMatching: 10, gradientPenalty: 1e-5 },
  featureLayers: [-2, -1],
  generatorOptimizer: adam,
  discriminatorOptimizer: adam,
  pairs: ['same', 'cross'],
  identityResize: 'bicubic',
  averageDecay: 0.999,
  decaySteps: 0,
};

/** Checks the JSON of a {@link Recipe}, such as that of a checkpoint. */
export function readRecipe(json: unknown): Recipe {
  const from = new JsonReader(json, 'recipe');
  const weights = from.object('weights');
  const optimizer = (key: string): AdamNumbers => {
    const numbers = from.object(key);
    return {
      learningRate: numbers.number('learningRate', 0, 1),
      beta1: numbers.number('beta1', 0, 1),
      beta2: numbers.number('beta2', 0, 1),
      epsilon: numbers.number('epsilon', 0, 1),
    };
  };
  return {
    name: from.text('name'),
    weights: {
      identity: weights.number('identity', 0, 1e6),
      reconstruction: weights.number('reconstruction', 0, 1e6),
      featureMatching: weights.number('featureMatching', 0, 1e6),
      gradientPenalty: weights.number('gradientPenalty', 0, 1e6),
    },
    featureLayers: from.integers('featureLayers', [0, 16], -16, 16),
    generatorOptimizer: optimizer('generatorOptimizer'),
    discriminatorOptimizer: optimizer('discriminatorOptimizer'),
    pairs: from.choices('pairs', ['same', 'cross']),
    identityResize: from.choice('identityResize', ['bicubic', 'bilinear', 'nearest']),
    averageDecay: from.number('averageDecay', 0, 1),
    decaySteps: from.number('decaySteps', 0, 2 ** 31),
  };
}
