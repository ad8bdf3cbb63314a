import { ablation, paper, type Recipe, recipes } from '@visage/simswap';
import { Option } from 'commander';

/** Every published recipe, and the variants of the paper's ablation. */
const RECIPES = new Map([...recipes, ...ablation().slice(1)].map((recipe) => [recipe.name, recipe]));

/** `--recipe`. */
export const recipeOption = (): Option =>
  new Option('--recipe <name>', 'how to train (default: paper)').choices([...RECIPES.keys()]);

/** The recipe that {@link recipeOption} let through; the paper's when it was not given. */
export const recipeNamed = (name: string = paper.name): Recipe => RECIPES.get(name) as Recipe;
