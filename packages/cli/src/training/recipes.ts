import {
  ablation,
  paper,
  parseRecipeField,
  type Recipe,
  type RecipeChanges,
  recipePaths,
  recipes,
} from '@visage/simswap';
import { type Command, InvalidArgumentError, Option } from 'commander';

/** Every published recipe, and the variants of the paper's ablation. */
export const knownRecipes: ReadonlyMap<string, Recipe> = new Map(
  [...recipes, ...ablation().slice(1)].map((recipe) => [recipe.name, recipe]),
);

/** `--recipe`. */
export const recipeOption = (): Option =>
  new Option('--recipe <name>', 'how to train (default: paper)').choices([...knownRecipes.keys()]);

/** The recipe that {@link recipeOption} let through; the paper's when it was not given. */
export const recipeNamed = (name: string = paper.name): Recipe => knownRecipes.get(name) as Recipe;

/** Adds `--set` to a command, and the fields that it sets to the command's help. */
export function addRecipeFields(command: Command, about = 'set a field of the recipe'): Command {
  const fields = [...recipePaths].map(([path, expected]) => `  ${path}: ${expected}`).join('\n');
  return command
    .addOption(
      new Option('--set <field=value>', `${about}, such as weights.identity=20; may be repeated`).argParser(setField),
    )
    .addHelpText('after', `\nFields for --set (lists with commas, 'none' for an empty one):\n${fields}`);
}

/** Parser of `--set`: adds a field to those that were set before it. */
function setField(text: string, before: RecipeChanges = {}): RecipeChanges {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('expected a field and its value, such as weights.identity=20.');
  const path = text.slice(0, at);
  if (Object.hasOwn(before, path)) throw new InvalidArgumentError(`${path} is set twice; leave one of them out.`);
  try {
    return { ...before, [path]: parseRecipeField(path, text.slice(at + 1)) };
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
