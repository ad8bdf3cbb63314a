/** @file Settings that a function has in force for whatever it calls: which device, whether gradients are wanted, … */
import { VisageError } from './errors.ts';

/**
 * A value that a function sets for everything it calls, and that is what it was before once the function has returned
 * or thrown.
 *
 * This is a dynamically scoped variable. JavaScript has none that survive an `await` in every browser, so functions
 * that run under a value must not be async.
 */
export class DynamicScope<V> {
  /** The value in force. Assigning to it changes it until the innermost {@link DynamicScope.run} ends. */
  value: V;

  /** @param value what is in force outside of every {@link DynamicScope.run}. */
  constructor(value: V) {
    this.value = value;
  }

  /**
   * Runs `fn` with `value` in force, and returns its result.
   *
   * @param where the function that the user called, for the error message.
   * @throws VisageError if `fn` is async, and whatever `fn` throws.
   */
  run<T>(where: string, value: V, fn: () => T): T {
    const before = this.value;
    this.value = value;
    try {
      const result = fn();
      refuseAsync(where, result);
      return result;
    } finally {
      this.value = before;
    }
  }
}

/**
 * Checks that a function which ran in a scope, in a traced step or under a setting was not async. After its first
 * `await` its tensors would be freed already, and the setting would be gone.
 *
 * @param where the function that the user called, for the error message.
 * @param result what the function returned.
 * @throws VisageError if `result` is a promise.
 */
export function refuseAsync(where: string, result: unknown): void {
  if (!(result instanceof Promise)) return;
  result.catch(() => undefined); // the function goes on, perhaps over freed tensors; the error below is the one to read
  throw new VisageError(
    `${where}: the function is async, and after its first await it would run outside of ${where}; return tensors from it and read them outside`,
  );
}
