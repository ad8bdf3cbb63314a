import { VisageError } from './errors.ts';

/**
 * Throws if `result` is a promise: what runs in a scope, a traced step or under a setting must be over when it returns. Later its memory would
 * be freed under it, and the setting would be gone.
 *
 * @param where what ran it, for the message.
 */
export function refuseAsync(where: string, result: unknown): void {
  if (!(result instanceof Promise)) return;
  result.catch(() => undefined); // it goes on, perhaps over freed tensors; the error below is the one to read
  throw new VisageError(
    `${where}: the function is async, and after its first await it would run outside of ${where}; return tensors from it and read them outside`,
  );
}
