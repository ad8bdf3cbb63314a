/**
 * The base of every error that Visage throws on purpose. The message says what came, what was expected and what to do
 * next.
 */
export class VisageError extends Error {
  override name = 'VisageError';
}

/** A shape, dtype or argument that an op cannot take. */
export class ArgumentError extends VisageError {
  override name = 'ArgumentError';

  constructor(op: string, argument: string, got: string, expected: string, hint = '') {
    super(`${op}: ${argument} is ${got}, expected ${expected}${hint ? `. ${hint}` : ''}`);
  }
}

/**
 * A file that is damaged, hostile or not what was asked for, or that cannot be written. The message begins with the
 * file's name.
 */
export class FileError extends VisageError {
  override name = 'FileError';

  constructor(source: string, problem: string) {
    super(`${source}: ${problem}`);
  }
}

/** No adapter answered, or the adapter lacks something that was asked for. */
export class AdapterError extends VisageError {
  override name = 'AdapterError';
}

/** WebGPU refused a shader, a pipeline or a command; the label names the kernel. */
export class ValidationError extends VisageError {
  override name = 'ValidationError';
}

/**
 * The device has no memory left for a buffer. What was computed with that buffer is lost; everything else is as it was.
 */
export class OutOfMemoryError extends VisageError {
  override name = 'OutOfMemoryError';
}

/**
 * The device was lost (driver reset, watchdog, adapter unplugged), and everything on it. Restart from the last
 * checkpoint.
 */
export class DeviceLostError extends VisageError {
  override name = 'DeviceLostError';
}
