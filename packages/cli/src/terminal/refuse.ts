import type { Command } from 'commander';
import { UsageError } from './failure.ts';

/**
 * Refuses options that would do nothing beside others.
 *
 * @param names of the options, as a command's action gets them.
 * @param problem what to say of a flag that was given.
 * @throws UsageError for the first of them that was given.
 */
export function refuseGiven(command: Command, names: readonly string[], problem: (flag: string) => string): void {
  for (const name of names) {
    if (command.getOptionValueSource(name) !== 'cli') continue;
    const flag = command.options.find((option) => option.attributeName() === name)?.long;
    throw new UsageError(`${command.name()}: ${problem(flag ?? `--${name}`)}`);
  }
}
