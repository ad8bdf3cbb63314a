/**
 * @file A training looks now and then whether its swaps collapse to their targets, and raises an alarm when they do.
 */

/** Steps between two looks at the swaps. Each look takes as many steps as a recipe has kinds of pairs. */
const PROBE_EVERY = 20;

/** Whether a step, counted from 0, of a recipe with `cycle` kinds of pairs is one whose swaps are looked at. */
export const isProbed = (step: number, cycle: number): boolean => step % PROBE_EVERY < cycle;

/**
 * The first step from `step` on that begins a cycle of pairs right behind a look at the swaps.
 *
 * Measurements of speed start there: they then cover the same steps every time and, up to the next look (18 steps later
 * with two kinds of pairs), nothing but training.
 */
export function quietStep(step: number, cycle: number): number {
  let quiet = step;
  while (quiet % cycle !== 0 || quiet % PROBE_EVERY !== cycle % PROBE_EVERY) quiet++;
  return quiet;
}

/** How results compare with both faces of their pairs, on pairs of different people. */
export interface CollapseSigns {
  /** Mean |result − target|, images in [0, 1]. */
  readonly change: number;
  /** Mean cosine similarity of the identities of result and target. */
  readonly likeTarget: number;
  /** Mean cosine similarity of the identities of result and source. */
  readonly likeSource: number;
}

/** When to raise the alarm. */
export interface CollapseLimits {
  /** A smaller change than this counts as none. */
  readonly change: number;
  /** Observations in a row that must look bad. */
  readonly patience: number;
}

const defaultCollapseLimits: CollapseLimits = { change: 0.004, patience: 5 };

/** What the alarm says. */
export interface CollapseReport extends CollapseSigns {
  readonly step: number;
  readonly reason: string;
}

/**
 * Watches for the usual failure of a swapper: its results become copies of their targets.
 *
 * Then either nothing changes any more, or the results look more like the target's person than like the source's.
 */
export class CollapseAlarm {
  readonly #limits: CollapseLimits;
  #bad = 0;

  constructor(limits: CollapseLimits = defaultCollapseLimits) {
    this.#limits = limits;
  }

  /**
   * Takes one observation; reports when the last `patience` ones were all bad, and then again only after a good one.
   *
   * An observation that is not finite is ignored: a batch that overflowed f16 is not a collapse.
   */
  observe(step: number, signs: CollapseSigns): CollapseReport | undefined {
    const { change, likeTarget, likeSource } = signs;
    if (![change, likeTarget, likeSource].every(Number.isFinite)) return undefined;
    const unchanged = change < this.#limits.change;
    if (!unchanged && likeTarget <= likeSource) {
      this.#bad = 0;
      return undefined;
    }
    this.#bad += 1;
    if (this.#bad !== this.#limits.patience) return undefined;
    const reason = unchanged
      ? `results differ from their targets by ${change.toExponential(1)} on average: nothing is swapped`
      : `results look like the target's person (${likeTarget.toFixed(2)}) more than like the source's (${likeSource.toFixed(2)})`;
    return { ...signs, step, reason };
  }
}
