import { VisageError } from '@visage/gpu';

/** The flags of a command by the arguments of the libraries that they set, such as `{ folder: '--data' }`. */
export type Flags = Readonly<Record<string, string>>;

/**
 * Does some work of a command. The libraries' errors name their arguments in backquotes; they are thrown on with the flags in their place, which is what the user
 * of the command can change.
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
