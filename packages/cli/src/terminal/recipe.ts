/**
 * @file Options that several commands share: the recipe, changes to its fields, and the identity network.
 */

import { parseRecipeField, type RecipeChanges, recipePaths } from '@visage/simswap';
import { knownRecipes, type MeasuredIdentity } from '@visage/training';
import { type Command, InvalidArgumentError, Option } from 'commander';

/** The option `--recipe`. */
export const recipeOption = (): Option =>
  new Option('--recipe <name>', 'how to train (default: paper)').choices([...knownRecipes.keys()]);

/** The option `--identity` of commands that measure. */
export const measuredIdentityOption = (): Option =>
  new Option('--identity <which>', 'the identity network that comes with Visage, or one of the published size')
    .choices(['built-in', 'published'] satisfies MeasuredIdentity[])
    .default('built-in');

/** Adds the option `--set` to a command, and lists the fields that it can set in the command's help. */
export function addRecipeFields(command: Command, about = 'set a field of the recipe'): Command {
  const fields = [...recipePaths].map(([path, expected]) => `  ${path}: ${expected}`).join('\n');
  return command
    .addOption(
      new Option('--set <field=value>', `${about}, such as weights.identity=20; may be repeated`).argParser(setField),
    )
    .addHelpText('after', `\nFields for --set (lists with commas, 'none' for an empty one):\n${fields}`);
}

/** The parser of `--set`, which adds one field to those that were set before it. */
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
