/** @file Recipes as they come from callers and out of checkpoints: every field is checked. */
import { ArgumentError } from '@visage/gpu';
import { checkNames, readFields, shortText } from './fields.ts';
import { isObject, JsonReader } from './json.ts';
import { withProbabilities } from './pictureChanges.ts';
import type { Recipe } from './recipe.ts';
import { recipeFields } from './recipeFields.ts';
import { paper } from './recipes.ts';

const WHOLE = { name: shortText, ...recipeFields };

/**
 * Checks a recipe.
 *
 * @throws ArgumentError unless it has every field of a recipe, no other, and values that can be trained with.
 */
export function checkRecipe(recipe: Recipe): void {
  checkNames('recipe', recipe, WHOLE);
  readWhole(recipe);
}

/** The members of `json`, and those of `defaults` that it lacks. What is no object stays as it is, to be refused. */
const withDefaults = (defaults: object, json: unknown): unknown =>
  json === undefined || isObject(json) ? { ...defaults, ...json } : json;

/** Reads a recipe that has every field. */
function readWhole(json: unknown): Recipe {
  const recipe = readFields(WHOLE, new JsonReader(json, 'recipe'));
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
  if (!isObject(json)) return readWhole(json);
  const { weights, pictures = paper.pictures } = json;
  return readWhole({
    ...{ ...paper, ...json },
    weights: withDefaults(paper.weights, weights),
    pictures: withProbabilities(pictures),
  });
}
