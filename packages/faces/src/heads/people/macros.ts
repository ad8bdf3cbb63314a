/**
 * @file Macro targets: whole heads of a descent, sex, age and build, of which a person is a mixture. The weight of each
 * is the product of the person's shares.
 */

export const descents = ['african', 'asian', 'caucasian'] as const;
const sexes = ['male', 'female'] as const;
const ages = ['young', 'old'] as const;
const amounts = ['min', 'average', 'max'] as const;

/**
 * The macro targets in the order of their shares: descent · 4 + sex · 2 + age, then
 * 12 + ((sex · 2 + age) · 3 + muscle) · 3 + weight.
 */
export const macroTargets: readonly string[] = [
  ...descents.flatMap((d) => sexes.flatMap((s) => ages.map((a) => `macrodetails/${d}-${s}-${a}`))),
  ...sexes.flatMap((s) =>
    ages.flatMap((a) =>
      amounts.flatMap((m) => amounts.map((w) => `macrodetails/universal-${s}-${a}-${m}muscle-${w}weight`)),
    ),
  ),
];

/** What a person is a mixture of. */
export interface Population {
  /** Shares of the three {@link descents}. */
  readonly descent: readonly [number, number, number];
  readonly male: number;
  /** Share of the old targets: 0 is 25 years, 1 is 90. */
  readonly age: number;
  /** −1 … 1. */
  readonly weight: number;
  readonly muscle: number;
}

const three = (x: number): number[] => [Math.max(0, -x), 1 - Math.abs(x), Math.max(0, x)];

/** Weights of the {@link macroTargets}: products of shares. Both the twelve of descent and the 36 of build sum to 1. */
export function macroShares({ descent, male, age, weight, muscle }: Population): number[] {
  const sex = [male, 1 - male];
  const years = [1 - age, age];
  return [
    ...descent.flatMap((d) => sex.flatMap((s) => years.map((a) => d * s * a))),
    ...sex.flatMap((s) => years.flatMap((a) => three(muscle).flatMap((m) => three(weight).map((w) => s * a * m * w)))),
  ];
}

/** The targets that may stand in for a macro target that an asset lacks, best first. */
export function standIns(target: string): string[] {
  const other = target.includes('-female-')
    ? target.replace('-female-', '-male-')
    : target.replace('-male-', '-female-');
  return [other, target.replace('-old', '-young'), other.replace('-old', '-young')];
}
