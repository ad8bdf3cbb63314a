/**
 * @file From values to weights of morph targets: weight = Σ gain · max(0, sign · value) over the rules of a target.
 */
import type { MorphTargets } from '../asset/headAsset.ts';
import { type Axis, carrierAxes, faceAxes } from './axes.ts';
import { driveNames, expressionRecipe, unitPrefix } from './expressions.ts';
import { valueLayout } from './layout.ts';
import { macroTargets, standIns } from './macros.ts';

/** One summand of a target's weight. A source is an index among the values; −1: none. */
export interface Rule {
  readonly target: string;
  /** For the face that a swap transfers. */
  readonly face: number;
  /** For the head around it. */
  readonly carrier: number;
  readonly sign: 1 | -1;
  readonly gain: number;
}

/** Rules of one axis for the face or for the carrier. */
function axisRules({ negative, positive }: Axis, face: number, carrier: number): Rule[] {
  return [
    ...negative.map((target) => ({ target, face, carrier, sign: -1 as const, gain: 1 })),
    ...positive.map((target) => ({ target, face, carrier, sign: 1 as const, gain: 1 })),
  ];
}

/** All rules, whatever targets an asset has. */
export const rules: readonly Rule[] = [
  ...macroTargets.map((target, k) => ({
    target,
    face: valueLayout.faceMacros + k,
    carrier: valueLayout.carrierMacros + k,
    sign: 1 as const,
    gain: 1,
  })),
  ...faceAxes.flatMap((axis, k) => axisRules(axis, valueLayout.faceAxes + k, -1)),
  ...carrierAxes.flatMap((axis, k) => axisRules(axis, -1, valueLayout.carrierAxes + k)),
  ...expressionRecipe.map(({ drive, unit, gain }) => {
    const source = valueLayout.drives + driveNames.indexOf(drive);
    return { target: unitPrefix + unit, face: source, carrier: source, sign: 1 as const, gain };
  }),
];

/** The rules of an asset's targets: those of target t are rows[start[t]] … rows[start[t + 1] − 1]. */
export interface RuleTable {
  /** Number of targets, rounded up to a multiple of 4. */
  readonly targets: number;
  readonly start: Uint32Array;
  /** (face, carrier, sign, gain) [rules, 4]. */
  readonly rows: Float32Array;
}

/** Floats of a row of a {@link RuleTable}. */
export const ruleFloats = 4;

/**
 * Binds the rules to the targets that an asset has. The share of a macro target that it lacks goes to a stand-in; other
 * rules without a target are left out.
 */
export function ruleTable({ names }: Pick<MorphTargets, 'names'>): RuleTable {
  const number = new Map(names.map((name, k) => [name, k]));
  const targets = Math.ceil(names.length / 4) * 4;
  const bound: Rule[][] = Array.from({ length: targets }, () => []);
  for (const rule of rules) {
    const candidates = macroTargets.includes(rule.target) ? [rule.target, ...standIns(rule.target)] : [rule.target];
    const place = candidates.map((name) => number.get(name)).find((k) => k !== undefined);
    if (place !== undefined) bound[place]?.push(rule);
  }
  const start = new Uint32Array(targets + 1);
  bound.forEach((list, k) => {
    start[k + 1] = (start[k] as number) + list.length;
  });
  const rows = bound.flat().flatMap(({ face, carrier, sign, gain }) => [face, carrier, sign, gain]);
  return { targets, start, rows: new Float32Array(rows) };
}

/** Weights [2, targets] of the face and its carrier, from the values of a head: what peopleWeights.wgsl computes. */
export function targetWeights(values: ArrayLike<number>, { targets, start, rows }: RuleTable): Float64Array {
  const out = new Float64Array(2 * targets);
  for (let side = 0; side < 2; side++) {
    for (let t = 0; t < targets; t++) {
      let sum = 0;
      for (let r = start[t] as number; r < (start[t + 1] as number); r++) {
        const row = rows.subarray(ruleFloats * r, ruleFloats * r + ruleFloats);
        const source = row[side] as number;
        if (source >= 0) sum += (row[3] as number) * Math.max(0, (row[2] as number) * (values[source] as number));
      }
      out[side * targets + t] = sum;
    }
  }
  return out;
}
