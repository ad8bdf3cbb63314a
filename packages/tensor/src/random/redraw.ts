/**
 * @file Random numbers of a block that `checkpoint` computes twice. The first run notes the random states from which it
 * draws. The second run draws from copies of them: it gets the same numbers, and the states do not move again.
 */

import { keep } from '../core/scope.ts';
import type { Tensor } from '../core/tensor.ts';
import { gather } from '../elementwise/gather.ts';

/** Copies of random states from before a block first drew from them, by the tensors of the states. */
export type DrawnStates = ReadonlyMap<Tensor, Tensor>;

/** A block that is running: its first run notes states, its second run has copies to draw from. */
interface Run {
  readonly noted?: Map<Tensor, Tensor>;
  readonly again?: DrawnStates;
  readonly outer: Run | undefined;
}

let current: Run | undefined;

function within<T>(run: Omit<Run, 'outer'>, fn: () => T): T {
  const outer = current;
  current = { ...run, outer };
  try {
    return fn();
  } finally {
    current = outer;
  }
}

const copyOf = (state: Tensor): Tensor => gather('copyState', state, state.shape, 'return i;');

/**
 * The state from which a draw reads and in which it counts: a copy if the block is computed again, else `state` itself.
 */
export function stateToDraw(state: Tensor): Tensor {
  const noting: Map<Tensor, Tensor>[] = [];
  let source = state;
  for (let run = current; run; run = run.outer) {
    const copy = run.again?.get(state);
    if (copy) {
      source = copy;
      break;
    }
    if (run.noted && !run.noted.has(state)) noting.push(run.noted);
  }
  // A scope inside the block may end before the block does, and must not free the copies.
  for (const noted of noting) noted.set(state, keep(copyOf(source)));
  return source;
}

/**
 * Runs a block for the first time, and adds to `noted` copies of the states from which it draws. The enclosing scope
 * owns them.
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
