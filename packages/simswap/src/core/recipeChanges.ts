/** @file Recipes with other numbers: fields named by dotted path, such as `weights.identity`. */
import { ArgumentError } from '@visage/gpu';
import { readRecipe } from './readRecipe.ts';
import type { Recipe } from './recipe.ts';
import { fieldsByPath } from './recipeFields.ts';

/** The dotted path of every field of a recipe, with what it may be. */
export const recipePaths: ReadonlyMap<string, string> = new Map(
  [...fieldsByPath].map(([path, { expected }]) => [path, expected]),
);

/** Values of fields by dotted path, as in JSON. */
export type RecipeChanges = Readonly<Record<string, unknown>>;

function fieldAt(path: string) {
  const field = fieldsByPath.get(path);
  if (field) return field;
  const paths = [...fieldsByPath.keys()];
  const inside = paths.filter((known) => known.startsWith(`${path}.`));
  throw new ArgumentError('recipe', 'field', `'${path}'`, `one of ${(inside.length > 0 ? inside : paths).join(', ')}`);
}

/** The value of a field at a dotted path. */
export const recipeValue = (recipe: Recipe, path: string): unknown =>
  path.split('.').reduce<unknown>((value, name) => (value as Readonly<Record<string, unknown>>)[name], recipe);

/**
 * The JSON value that a text gives a field: a number or a word, a list with commas, `none` for the empty list.
 *
 * @throws ArgumentError when no field has this path, or the field may not have the value.
 */
export function parseRecipeField(path: string, text: string): unknown {
  const value = fieldAt(path).parse(text);
  readRecipe(nested({}, path, value));
  return value;
}

/**
 * A recipe with other values in some fields.
 *
 * @param changes values by dotted path, such as `{ 'weights.identity': 20 }`.
 * @throws ArgumentError when no field has a path, or a field may not have the value.
 */
export function changedRecipe(recipe: Recipe, changes: RecipeChanges): Recipe {
  let json: object = recipe;
  for (const [path, value] of Object.entries(changes)) {
    fieldAt(path);
    json = nested(json, path, value);
  }
  return readRecipe(json);
}

/**
 * A copy of a JSON object with another value at a path. Fields beside the path that the object lacks are as in `paper`.
 */
function nested(json: object, path: string, value: unknown): object {
  const [name, ...rest] = path.split('.') as [string, ...string[]];
  if (rest.length === 0) return { ...json, [name]: value };
  const inside = (json as Readonly<Record<string, unknown>>)[name] ?? recipeValue(readRecipe({}), name);
  return { ...json, [name]: nested(inside as object, rest.join('.'), value) };
}
