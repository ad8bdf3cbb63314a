/**
 * @file The recipes that the paper and its two published codes describe, and the paper's ablation. docs/recipes.md
 * shows them side by side and says where each number comes from.
 */
import { noPictureChanges } from './pictureChanges.ts';
import type { AdamNumbers, Recipe } from './recipe.ts';

const adam: AdamNumbers = { learningRate: 4e-4, beta1: 0, beta2: 0.999, epsilon: 1e-8 };

/**
 * The paper's recipe (Chen et al., SimSwap, ACM MM 2020), the default.
 *
 * From the paper: the four weights, β = (0, 0.999), hinge loss on two scales, alternation of same- and cross-identity
 * batches, weak feature matching on "the last few" layers. The paper does not number those layers nor give a learning
 * rate: the last two of five feature maps, and the 4e-4 of the authors' training code, which also resizes for the
 * identity network by bicubic interpolation. The moving average is ours; it takes no part in training.
 */
export const paper: Recipe = {
  name: 'paper',
  head: 'tanh',
  skips: false,
  discriminator: 'patch',
  weights: { identity: 10, reconstruction: 10, featureMatching: 10, gradientPenalty: 1e-5, truth: 0 },
  featureLayers: [-2, -1],
  realImages: 'target',
  hingeFactor: 1,
  turns: 'together',
  augmentation: [],
  pictures: noPictureChanges,
  generatorOptimizer: adam,
  discriminatorOptimizer: adam,
  pairs: ['same', 'cross'],
  identityResize: 'bicubic',
  averageDecay: 0.999,
  warmupSteps: 0,
  decaySteps: 0,
};

const adam2021: AdamNumbers = { learningRate: 2e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-8 };

/**
 * The code published in 2021, with its own settings: all five feature maps are matched, and there is no gradient
 * penalty.
 *
 * That code weighs each map with 10 · 4 / 5, which gives the 8, and halves the discriminator's hinge.
 */
export const released2021: Recipe = {
  ...paper,
  name: 'released-2021',
  weights: { identity: 20, reconstruction: 10, featureMatching: 8, gradientPenalty: 0, truth: 0 },
  featureLayers: 'all',
  hingeFactor: 0.5,
  generatorOptimizer: adam2021,
  discriminatorOptimizer: adam2021,
  pairs: ['cross', 'same'],
  identityResize: 'nearest',
};

/**
 * The code published in 2021 at the settings that the paper prints: identity weight 10, gradient penalty, β₁ = 0. With
 * which of the two settings the released weights were trained is not known.
 */
export const released2021Paper: Recipe = {
  ...released2021,
  name: 'released-2021-paper',
  weights: { ...released2021.weights, identity: 10, gradientPenalty: 1e-5 },
  generatorOptimizer: { ...adam2021, beta1: 0 },
  discriminatorOptimizer: { ...adam2021, beta1: 0 },
};

const adam2022: AdamNumbers = { learningRate: 4e-4, beta1: 0, beta2: 0.99, epsilon: 1e-8 };

/**
 * The training code published in 2022: projected discriminator, images in ImageNet's colour space at both ends, only
 * the deepest map of its frozen network matched, the source's photo as the real one, a batch of its own for each
 * network.
 */
export const train2022: Recipe = {
  ...paper,
  name: 'train-2022',
  head: 'linear',
  discriminator: 'projected',
  weights: { identity: 30, reconstruction: 10, featureMatching: 10, gradientPenalty: 0, truth: 0 },
  featureLayers: [-1],
  realImages: 'source',
  turns: 'alternate',
  generatorOptimizer: adam2022,
  discriminatorOptimizer: adam2022,
  pairs: ['same', 'shuffled'],
};

/**
 * The paper's recipe with the exact swap as a teacher on every third batch. It needs rendered faces, whose swaps are
 * known. The pictures are changed strongly, so that what the generator learns from renderings carries over to
 * photographs.
 *
 * On `truth` pairs the exact swap stands where the target stands otherwise: it is what the discriminator is shown as
 * real and what features are matched with, and the result is compared with it pixel by pixel inside the mask.
 */
export const truth: Recipe = {
  ...paper,
  name: 'truth',
  weights: { ...paper.weights, truth: 10 },
  pairs: ['same', 'cross', 'truth'],
  pictures: {
    flip: 0.5,
    color: { probability: 1, strength: 0.2 },
    blur: { probability: 1, strength: 1.5 },
    jpeg: { probability: 1, strength: 60 },
  },
};

/** The published recipes. */
export const recipes: readonly Recipe[] = [paper, released2021, released2021Paper, train2022];

/**
 * The seven of the paper's ablation (its study of feature matching): which maps are matched, and two weights.
 *
 * wFM, the paper's own, matches the last two feature maps of the discriminator; oFM all; nFM none; wbarFM (w̄FM) the
 * first two, as many as wFM. FM- halves the weight of feature matching, id+ doubles that of the identity.
 *
 * @param base what they have in common; `paper` as it is, or at another learning rate.
 */
export function ablation(base: Recipe = paper): readonly Recipe[] {
  const variant = (
    name: string,
    featureLayers: Recipe['featureLayers'],
    weights: Partial<Recipe['weights']> = {},
  ): Recipe => ({ ...base, name, featureLayers, weights: { ...base.weights, ...weights } });
  const { identity, featureMatching } = base.weights;
  return [
    variant('SimSwap', [-2, -1]),
    variant('oFM', 'all'),
    variant('nFM', []),
    variant('wbarFM', [0, 1]),
    variant('oFM-FM-', 'all', { featureMatching: featureMatching / 2 }),
    variant('oFM-id+', 'all', { identity: 2 * identity }),
    variant('wFM-id+', [-2, -1], { identity: 2 * identity }),
  ];
}
