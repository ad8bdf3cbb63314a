/** @file Recipes as they come from callers and out of checkpoints: every field is checked. */
import { ArgumentError, checkOptions, type OptionKeys } from '@visage/gpu';
import { readFields } from './fields.ts';
import { JsonReader } from './json.ts';
import type { AdamNumbers, LossWeights, PictureChanges, Recipe } from './recipe.ts';
import { recipeFields } from './recipeFields.ts';
import { paper } from './recipes.ts';

const RECIPE: OptionKeys<Recipe> = {
  name: true,
  head: true,
  discriminator: true,
  weights: true,
  featureLayers: true,
  realImages: true,
  hingeFactor: true,
  turns: true,
  augmentation: true,
  pictures: true,
  generatorOptimizer: true,
  discriminatorOptimizer: true,
  pairs: true,
  identityResize: true,
  averageDecay: true,
  warmupSteps: true,
  decaySteps: true,
};
const WEIGHTS: OptionKeys<LossWeights> = {
  identity: true,
  reconstruction: true,
  featureMatching: true,
  gradientPenalty: true,
  truth: true,
};
const PICTURES: OptionKeys<PictureChanges> = { flip: true, color: true, blur: true, jpeg: true };
const ADAM: OptionKeys<AdamNumbers> = { learningRate: true, beta1: true, beta2: true, epsilon: true };

/**
 * Checks the strengths of the changes of training pictures.
 *
 * @throws ArgumentError that names `op`, for a strength that there is not or that is out of range.
 */
export function checkPictureChanges(op: string, changes: PictureChanges): void {
  checkOptions(op, changes, PICTURES);
  readFields(recipeFields.pictures, new JsonReader(changes, op));
}

/**
 * Checks a recipe.
 *
 * @throws ArgumentError unless it has every field of a recipe, no other, and values that can be trained with.
 */
export function checkRecipe(recipe: Recipe): void {
  checkOptions('recipe', recipe, RECIPE);
  readWhole(recipe);
  checkOptions('recipe.weights', recipe.weights, WEIGHTS);
  checkPictureChanges('recipe.pictures', recipe.pictures);
  for (const name of ['generatorOptimizer', 'discriminatorOptimizer'] as const)
    checkOptions(`recipe.${name}`, recipe[name], ADAM);
}

const isObject = (json: unknown): json is Readonly<Record<string, unknown>> =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

/** The members of `json`, and those of `defaults` that it lacks. What is no object stays as it is, to be refused. */
const withDefaults = (defaults: object, json: unknown): unknown =>
  json === undefined || isObject(json) ? { ...defaults, ...json } : json;

/** Reads a recipe that has every field. */
function readWhole(json: unknown): Recipe {
  const from = new JsonReader(json, 'recipe');
  const recipe = { name: from.text('name'), ...readFields(recipeFields, from) };
  const { warmupSteps, decaySteps } = recipe;
  if (decaySteps > 0 && warmupSteps >= decaySteps)
    throw new ArgumentError(
      'configuration',
      'recipe.warmupSteps',
      String(warmupSteps),
      `fewer than the ${decaySteps} of recipe.decaySteps`,
    );
  return recipe;
}

/**
 * Checks the JSON of a {@link Recipe}, such as that of a checkpoint. A field or a weight that it lacks is as in
 * `paper`, because checkpoints that are older than a field were trained so.
 *
 * @throws ArgumentError for a value that is out of range, and for a warm-up that does not end before the decay does.
 */
export function readRecipe(json: unknown): Recipe {
  return readWhole(isObject(json) ? { ...paper, ...json, weights: withDefaults(paper.weights, json.weights) } : json);
}
