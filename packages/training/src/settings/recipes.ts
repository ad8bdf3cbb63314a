/** @file Finds recipes by name. */
import { VisageError } from '@visage/gpu';
import { ablation, paper, type Recipe, recipes, truth } from '@visage/simswap';

/** Every published recipe, the variants of the paper's ablation, and ours with exact swaps. */
export const knownRecipes: ReadonlyMap<string, Recipe> = new Map(
  [...recipes, ...ablation().slice(1), truth].map((recipe) => [recipe.name, recipe]),
);

/**
 * The recipe of the given name; the paper's recipe when none is given.
 *
 * @throws VisageError when no recipe has that name.
 */
export function recipeNamed(name: string = paper.name): Recipe {
  const recipe = knownRecipes.get(name);
  if (!recipe) throw new VisageError(`recipe '${name}': there is none; known: ${[...knownRecipes.keys()].join(', ')}`);
  return recipe;
}
