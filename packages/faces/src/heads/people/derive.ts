/**
 * @file What a person is a mixture of and what expression it wears, on the host: the derived values that
 * kernels/heads/people.wgsl computes from the drawn ones.
 */

import { type DriveName, driveNames } from './expressions.ts';
import type { HeadFactorName } from './factors.ts';
import { rowOf, valueLayout } from './layout.ts';
import { macroShares, type Population } from './macros.ts';

/** Reads a drawn value by its name. */
export type Drawn = (name: HeadFactorName) => number;

export const drawnOf =
  (values: ArrayLike<number>): Drawn =>
  (name) =>
    values[rowOf[name]] as number;

const clamp = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x));

/** How much each descent is liked by a tone rank in [0, 1): carriers of dark skin are mostly African, and so on. */
export function descentPull(rank: number): [number, number, number] {
  const smooth = (low: number, high: number): number => {
    const t = clamp((rank - low) / (high - low), 0, 1);
    return t * t * (3 - 2 * t);
  };
  return [
    0.01 + smooth(0.35, 0.9),
    0.01 + 0.38 * (1 - smooth(0.5, 1)) * (0.25 + smooth(0, 0.45)),
    0.01 + (1 - smooth(0.1, 0.75)),
  ];
}

function shares(
  u: readonly [number, number, number],
  pull: readonly [number, number, number],
): [number, number, number] {
  const parts = u.map((x, k) => Math.max(-Math.log(1 - x), 1e-9) ** 2.2 * (pull[k] as number));
  const sum = parts.reduce((a, b) => a + b, 0);
  return parts.map((x) => x / sum) as [number, number, number];
}

const male = (sex: number, spread: number): number => clamp(0.5 + 0.4 * Math.sign(sex - 0.5) + spread, 0, 1);

/** Whose face it is. */
export function facePopulation(d: Drawn): Population {
  return {
    descent: shares([d('african'), d('asian'), d('caucasian')], [1, 1, 1]),
    male: male(d('sex'), d('sexSpread')),
    age: d('age'),
    weight: clamp(d('weight'), -1, 1),
    muscle: clamp(d('muscle'), -1, 1),
  };
}

/** Whose head the face is set into; its descent goes with the tone of its skin. */
export function carrierPopulation(d: Drawn): Population {
  return {
    descent: shares([d('carrierAfrican'), d('carrierAsian'), d('carrierCaucasian')], descentPull(d('tone'))),
    male: male(d('carrierSex'), d('carrierSexSpread')),
    age: d('carrierAge'),
    weight: clamp(d('carrierWeight'), -1, 1),
    muscle: clamp(d('carrierMuscle'), -1, 1),
  };
}

/** The drives of the expression. */
export function drivesOf(d: Drawn): Record<DriveName, number> {
  const [mood, s] = [d('mood'), d('moodStrength')];
  const within = (low: number, high: number, value: number): number => (mood >= low && mood < high ? value : 0);
  const smile = within(0, 0.48, 0.8 * s);
  const [browMood, b] = [d('browMood'), d('browMoodStrength')];
  const browUp = browMood < 0.3 ? b : 0;
  const browDown = browMood >= 0.3 && browMood < 0.38 ? 0.7 * b : 0;
  const browInner = 0.16 + (browMood >= 0.38 && browMood < 0.6 ? 0.8 * b : 0);
  const [left, right] = [1 + d('tilt'), 1 - d('tilt')];
  const closed = d('lidsClosed');
  const squint = Math.max(0, -d('lids')) + 0.35 * smile;
  const wide = (0.12 + Math.max(0, d('lids'))) * (1 - closed);
  return {
    smile,
    teeth: smile * d('smileTeeth'),
    open: within(0.48, 0.55, 0.45 * s) + (smile > 0 ? d('smileOpen') : 0),
    sad: within(0.55, 0.62, 0.6 * s),
    press: within(0.62, 0.68, 0.8 * s),
    purse: within(0.68, 0.73, 0.5 * s),
    disgust: within(0.73, 0.77, 0.5 * s),
    browInnerLeft: browInner * left,
    browInnerRight: browInner * right,
    browUpLeft: browUp * left,
    browUpRight: browUp * right,
    browDownLeft: browDown * left,
    browDownRight: browDown * right,
    squintLeft: squint * left,
    squintRight: squint * right,
    wideLeft: wide,
    wideRight: wide,
    closedLeft: closed,
    closedRight: closed,
  };
}

/** Fills the derived values of a head from its drawn ones. */
export function deriveValues(values: Float64Array): void {
  const d = drawnOf(values);
  const drives = drivesOf(d);
  for (const [k, name] of driveNames.entries()) values[valueLayout.drives + k] = drives[name];
  values.set(macroShares(facePopulation(d)), valueLayout.faceMacros);
  values.set(macroShares(carrierPopulation(d)), valueLayout.carrierMacros);
}
