import { VisageError } from '@visage/gpu';

/**
 * The element of a list at an index; negative indices count from the end.
 *
 * For indices that the program itself computes: one that is out of range is a mistake in the program, and is named
 * instead of passed on as `undefined`.
 *
 * @param what names the list in the error.
 * @throws VisageError when the list has no such element.
 */
export function elementOf<T>(list: ArrayLike<T>, index: number, what: string): T {
  const at = index < 0 ? list.length + index : index;
  if (at in list) return list[at] as T;
  throw new VisageError(`${what}: no element ${index} in a list of ${list.length}`);
}

/** Each element of a list with the one that follows it: [a, b, c] → [[a, b], [b, c]]. */
export const consecutive = <T>(list: readonly T[]): (readonly [T, T])[] =>
  list.slice(1).map((next, k) => [elementOf(list, k, 'consecutive'), next] as const);
