import { VisageError } from '@visage/gpu';

/**
 * What a command calls the arguments and functions of the libraries, such as `{ folder: '--data', importNetwork:
 * 'visage import' }`.
 */
export type Flags = Readonly<Record<string, string>>;

/**
 * Does some work of a command. The libraries' errors name their arguments in backquotes; they are thrown on with the
 * flags in their place, which is what the user of the command can change.
 */
export async function withFlags<T>(flags: Flags, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof VisageError)
      error.message = error.message.replace(/`(\w+)`/g, (quoted, name: string) => flags[name] ?? quoted);
    throw error;
  }
}
