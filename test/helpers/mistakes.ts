/** @file Tables of wrong calls, each of which has to be an error that says what is wrong. */
import { ArgumentError } from '@visage/gpu';
import type { Context, Test } from 'uvu';
import { ok } from 'uvu/assert';

/** What is wrong, the call, and what its error has to say. */
export type Mistake = readonly [what: string, call: () => unknown, message: RegExp];

/** A value as JavaScript would pass it where TypeScript refuses it. */
export const any = (value: unknown) => value as never;

/** The error that a call throws, or with which its promise is rejected. */
export async function errorOf(call: () => unknown): Promise<Error | undefined> {
  try {
    await call();
  } catch (error) {
    return error as Error;
  }
  return undefined;
}

/** Adds a test for each mistake; `after` follows each of them. */
export function refusesEach(test: Test<Context>, mistakes: readonly Mistake[], after?: () => Promise<void>): void {
  for (const [what, call, message] of mistakes)
    test(`refused: ${what}`, async () => {
      const error = await errorOf(call);
      ok(error instanceof ArgumentError, error ? `${error.name}: ${error.message}` : 'nothing was refused');
      ok(message.test(error.message), error.message);
      await after?.();
    });
}
