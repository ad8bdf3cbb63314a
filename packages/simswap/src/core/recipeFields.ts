/** @file The fields of a recipe, with the values that each may have. */
import { boolean, byPath, choice, choices, type Field, integer, listOf, number, numberOf } from './fields.ts';
import { expectations } from './json.ts';
import { pictureChangeFields } from './pictureChanges.ts';
import { pairKinds } from './recipe.ts';

const LAYERS = [[0, 16], -16, 16] as const;
const layers: Field<readonly number[] | 'all'> = {
  expected: `all, or ${expectations.integers(...LAYERS)}`,
  read: (from, key) => (from.holds(key, 'all') ? 'all' : from.integers(key, ...LAYERS)),
  parse: (text) => (text === 'all' ? text : listOf(text).map(numberOf)),
};

const WEIGHT = number(0, 1e6);
const SHARE = number(0, 1);
const adam = { learningRate: SHARE, beta1: SHARE, beta2: SHARE, epsilon: SHARE };

/** Every field of a {@link Recipe} but its name. */
export const recipeFields = {
  head: choice('tanh', 'linear'),
  skips: boolean,
  discriminator: choice('patch', 'projected'),
  weights: {
    identity: WEIGHT,
    reconstruction: WEIGHT,
    featureMatching: WEIGHT,
    gradientPenalty: WEIGHT,
    truth: WEIGHT,
  },
  featureLayers: layers,
  realImages: choice('target', 'source'),
  hingeFactor: WEIGHT,
  turns: choice('together', 'alternate'),
  augmentation: choices(0, 3, 'color', 'translation', 'cutout'),
  pictures: pictureChangeFields,
  generatorOptimizer: adam,
  discriminatorOptimizer: adam,
  pairs: choices(1, 64, ...pairKinds),
  identityResize: choice('bicubic', 'bilinear', 'nearest'),
  averageDecay: SHARE,
  warmupSteps: integer(0, 2 ** 31),
  decaySteps: number(0, 2 ** 31),
};

/** The fields of a recipe by their dotted path, such as `weights.identity`. */
export const fieldsByPath: ReadonlyMap<string, Field<unknown>> = new Map(byPath(recipeFields));
