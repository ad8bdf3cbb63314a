import { VisageError } from './errors.ts';

/**
 * Throws if `result` is a promise: what runs in a scope or a traced step must be over when it returns, or its memory would be freed under it.
 *
 * @param where what ran it, for the message.
 */
export function refuseAsync(where: string, result: unknown): void {
  if (!(result instanceof Promise)) return;
  result.catch(() => undefined); // it goes on over freed tensors; the error below is the one to read
  throw new VisageError(`${where}: the function is async; return tensors from it and read them outside`);
}
