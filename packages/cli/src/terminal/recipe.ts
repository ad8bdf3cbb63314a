/**
 * @file Options that several commands share: which recipe, with which of its fields set, and which identity network.
 */

import { parseRecipeField, type RecipeChanges, recipePaths } from '@visage/simswap';
import { knownRecipes, type MeasuredIdentity } from '@visage/training';
import { type Command, InvalidArgumentError, Option } from 'commander';

/** `--recipe`. */
export const recipeOption = (): Option =>
  new Option('--recipe <name>', 'how to train (default: paper)').choices([...knownRecipes.keys()]);

/** `--identity` of commands that measure. */
export const measuredIdentityOption = (): Option =>
  new Option('--identity <which>', 'the identity network that comes with Visage, or one of the published size')
    .choices(['built-in', 'published'] satisfies MeasuredIdentity[])
    .default('built-in');

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
