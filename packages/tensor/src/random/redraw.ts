/**
 * @file Random numbers of a block that is computed twice: `checkpoint` notes the states from which its first run
 * draws, and its second run draws from copies of them, which gives the same numbers and leaves the states themselves
 * where they are.
 */

import { DynamicScope } from '@visage/gpu';
import { keep } from '../core/scope.ts';
import type { Tensor } from '../core/tensor.ts';
import { gather } from '../elementwise/gather.ts';

/** Random states as they were when a block first drew from them, by the tensors in which they live. */
export type DrawnStates = ReadonlyMap<Tensor, Tensor>;

/** A block that runs now: the first time it notes states, the second time it has copies to draw from. */
interface Run {
  readonly noted?: Map<Tensor, Tensor>;
  readonly again?: DrawnStates;
  readonly outer: Run | undefined;
}

const current = new DynamicScope<Run | undefined>(undefined);

const within = <T>(run: Omit<Run, 'outer'>, fn: () => T): T =>
  current.run('checkpoint', { ...run, outer: current.value }, fn);

const copyOf = (state: Tensor): Tensor => gather('copyState', state, state.shape, 'return i;');

/**
 * Where a draw reads and counts instead of in `state`: a block that is computed again has a copy, and all others
 * draw from the state itself.
 */
export function stateToDraw(state: Tensor): Tensor {
  const noting: Map<Tensor, Tensor>[] = [];
  let source = state;
  for (let run = current.value; run; run = run.outer) {
    const copy = run.again?.get(state);
    if (copy) {
      source = copy;
      break;
    }
    if (run.noted && !run.noted.has(state)) noting.push(run.noted);
  }
  // Kept, because a scope inside the block may end before the block does.
  for (const noted of noting) noted.set(state, keep(copyOf(source)));
  return source;
}

/**
 * Runs a block for the first time and adds to `noted` the states from which it draws, as tensors of the innermost
 * scope.
 */
export function notingDraws<T>(noted: Map<Tensor, Tensor>, fn: () => T): T {
  const kept = new Map<Tensor, Tensor>();
  const result = within({ noted: kept }, fn);
  for (const [state, copy] of kept) {
    noted.set(state, copyOf(copy));
    copy.dispose();
  }
  return result;
}

/** Runs a block again, with the random numbers that it drew when `states` were noted. */
export const drawingAgain = <T>(states: DrawnStates, fn: () => T): T =>
  within({ again: new Map([...states].map(([state, noted]) => [state, copyOf(noted)])) }, fn);
