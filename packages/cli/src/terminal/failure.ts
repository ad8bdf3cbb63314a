import { VisageError } from '@visage/gpu';

/** A mistake in how a command was called: one line says what is wrong and what to do. */
export class UsageError extends VisageError {
  override name = 'UsageError';
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EISDIR: 'is a folder, expected a file',
  ENOTDIR: 'is a file, expected a folder',
  EACCES: 'no permission',
  EPERM: 'no permission',
  EROFS: 'is on a file system that is read-only',
  EDQUOT: 'your share of the disk is used up',
  ENAMETOOLONG: 'is too long a name',
  ELOOP: 'its links lead in a circle',
  EEXIST: 'exists already',
  ENOSPC: 'no space left on the disk',
};

/**
 * Prints what went wrong and sets the exit status to 1. An error that a user can cause is printed as one line. Any
 * other error is a bug, so its stack is printed too.
 */
export function reportFailure(error: unknown): void {
  process.exitCode = 1;
  process.stderr.write(`visage: ${describeFailure(error)}\n`);
}

/** The message that {@link reportFailure} prints. */
export function describeFailure(error: unknown): string {
  if (error instanceof VisageError) return error.message;
  if (!(error instanceof Error)) return String(error);
  const { code, path } = error as NodeJS.ErrnoException;
  const reason = code === undefined ? undefined : REASONS[code];
  if (reason && path) return `${path}: ${reason}`;
  return error.stack ?? error.message;
}
