/** @file When a training looks whether its results collapse to their targets. */

/** Steps between two looks, each at all kinds of pairs. */
const PROBE_EVERY = 20;

/** Does a step, counted from 0, of a recipe with `cycle` kinds of pairs look? */
export const isProbed = (step: number, cycle: number): boolean => step % PROBE_EVERY < cycle;

/**
 * The first step from `step` on that begins a cycle of pairs right behind a look: what is measured from there holds the same steps every time, and up to the
 * next look, 18 steps with two kinds of pairs, the training alone.
 */
export function quietStep(step: number, cycle: number): number {
  let quiet = step;
  while (quiet % cycle !== 0 || quiet % PROBE_EVERY !== cycle % PROBE_EVERY) quiet++;
  return quiet;
}
