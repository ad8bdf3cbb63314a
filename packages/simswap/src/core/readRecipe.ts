/** @file Recipes as they come from callers and out of checkpoints: every field is checked. */
import { checkOptions, type OptionKeys } from '@visage/gpu';
import { JsonReader } from './json.ts';
import type { AdamNumbers, LossWeights, Recipe } from './recipe.ts';
import { readFields, recipeFields } from './recipeFields.ts';
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
  generatorOptimizer: true,
  discriminatorOptimizer: true,
  pairs: true,
  identityResize: true,
  averageDecay: true,
  decaySteps: true,
};
const WEIGHTS: OptionKeys<LossWeights> = {
  identity: true,
  reconstruction: true,
  featureMatching: true,
  gradientPenalty: true,
};
const ADAM: OptionKeys<AdamNumbers> = { learningRate: true, beta1: true, beta2: true, epsilon: true };

/**
 * Throws unless a recipe names everything that it decides, nothing else, and each with a value that can be trained
 * with.
 */
export function checkRecipe(recipe: Recipe): void {
  checkOptions('recipe', recipe, RECIPE);
  readRecipe(recipe);
  checkOptions('recipe.weights', recipe.weights, WEIGHTS);
  for (const name of ['generatorOptimizer', 'discriminatorOptimizer'] as const)
    checkOptions(`recipe.${name}`, recipe[name], ADAM);
}

/**
 * Checks the JSON of a {@link Recipe}, such as that of a checkpoint. What it does not name is as in `paper`: checkpoints older than a
 * field were trained so.
 */
export function readRecipe(json: unknown): Recipe {
  const named = typeof json === 'object' && json !== null && !Array.isArray(json) ? { ...paper, ...json } : json;
  const from = new JsonReader(named, 'recipe');
  return { name: from.text('name'), ...readFields(recipeFields, from) };
}
