import { VisageError } from '@visage/gpu';

/**
 * Maps names of library arguments and functions to the names that a command uses for them, such as
 * `{ folder: '--data', importNetwork: 'visage import' }`.
 */
export type Flags = Readonly<Record<string, string>>;

/**
 * Runs `work` and rewrites the messages of the library errors that it throws. A library error names its arguments in
 * backquotes; each such name is replaced by the flag of the command, which is what the user can change.
 *
 * @throws whatever `work` throws.
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
