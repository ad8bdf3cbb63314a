/**
 * @file Points of the neutral faces of many identities, on the host: what the kernels would shape without expression,
 * carrier and pose. Each point is linear in the weights of the morph targets, so the points of a face are a sum of rows
 * of a small table.
 */
import type { HeadAsset, MorphTargets } from '../asset/headAsset.ts';
import { faceAxes } from '../people/axes.ts';
import { drawnOf, facePopulation } from '../people/derive.ts';
import { drawIdentityRow } from '../people/draw.ts';
import type { HeadFactorName } from '../people/factors.ts';
import { rowOf, valueCount, valueLayout } from '../people/layout.ts';
import { macroShares, macroTargets } from '../people/macros.ts';
import { ruleFloats, ruleTable } from '../people/rules.ts';

/** Which identities: `count` from `first` on, of a seed (default 0). */
export interface IdentityRange {
  readonly first: number;
  readonly count: number;
  readonly seed?: number;
}

/** The named rows that `facePopulation` reads. */
const populationRows = [
  ...(['african', 'asian', 'caucasian', 'sex', 'sexSpread', 'age', 'weight', 'muscle'] as const),
] satisfies readonly HeadFactorName[];

/** All drawn rows that decide the shape of a face. */
const shapeRows: readonly number[] = [
  ...populationRows.map((name) => rowOf[name]),
  ...faceAxes.map((_, k) => valueLayout.faceAxes + k),
];

/**
 * Draws and derives the values of identities that decide their shapes. `visit` sees those of one after the other, in
 * one array, whose other values are 0.
 */
export function eachIdentity(
  { first, count, seed = 0 }: IdentityRange,
  visit: (values: Float64Array, place: number) => void,
): void {
  const values = new Float64Array(valueCount);
  for (let place = 0; place < count; place++) {
    for (const row of shapeRows) values[row] = drawIdentityRow(row, first + place, seed);
    values.set(macroShares(facePopulation(drawnOf(values))), valueLayout.faceMacros);
    visit(values, place);
  }
}

/** What one rule of a morph target does to some points: move = max(0, sign · value) · direction. */
interface Move {
  /** Index among the values of a head. */
  readonly source: number;
  readonly sign: number;
  /** [points, 3] in decimetres. */
  readonly direction: Float64Array;
}

/** Whether a rule reads a value that an identity decides, and no expression or carrier. */
const isOfIdentity = (source: number): boolean =>
  (source >= valueLayout.faceAxes && source < valueLayout.faceAxes + faceAxes.length) ||
  (source >= valueLayout.faceMacros && source < valueLayout.faceMacros + macroTargets.length);

/** How far a target at weight 1 moves vertices, [vertices, 3]; `undefined` if it moves none. */
function direction(targets: MorphTargets, target: number, places: ReadonlyMap<number, number>) {
  const { start, index, delta } = targets;
  let out: Float64Array | undefined;
  for (let entry = start[target] as number; entry < (start[target + 1] as number); entry++) {
    const place = places.get(index[entry] as number);
    if (place === undefined) continue;
    out ??= new Float64Array(3 * places.size);
    for (let axis = 0; axis < 3; axis++) out[3 * place + axis] = 0.001 * (delta[3 * entry + axis] as number);
  }
  return out;
}

/** Computes the neutral points of an identity from its values. */
export class NeutralPoints {
  /** Of the mean head, [points, 3] in decimetres. */
  readonly #rest: Float64Array;
  readonly #moves: readonly Move[];

  /** @param vertices of the base mesh, each once. */
  constructor({ base, targets }: HeadAsset, vertices: readonly number[]) {
    this.#rest = Float64Array.from(vertices.flatMap((v) => [...base.subarray(3 * v, 3 * v + 3)]));
    const places = new Map(vertices.map((vertex, place) => [vertex, place]));
    const { start, rows } = ruleTable(targets);
    this.#moves = targets.names.flatMap((_, target) => {
      const whole = direction(targets, target, places);
      const moves: Move[] = [];
      for (let rule = start[target] as number; whole && rule < (start[target + 1] as number); rule++) {
        const [source, sign, gain] = [0, 2, 3].map((k) => rows[ruleFloats * rule + k] as number) as [
          number,
          number,
          number,
        ];
        if (isOfIdentity(source)) moves.push({ source, sign, direction: whole.map((x) => x * gain) });
      }
      return moves;
    });
  }

  /** [points, 3] in decimetres: base + Σ max(0, sign · value) · direction. */
  of(values: Float64Array): Float64Array {
    const points = this.#rest.slice();
    for (const { source, sign, direction } of this.#moves) {
      const weight = sign * (values[source] as number);
      if (weight > 0)
        for (let k = 0; k < points.length; k++) points[k] = (points[k] as number) + weight * (direction[k] as number);
    }
    return points;
  }
}

/** Moves points [count, 3] in place so that their mean is 0, and scales them to a mean squared length of 1. */
export function inOwnFrame(points: Float64Array): void {
  const count = points.length / 3;
  let square = 0;
  for (let axis = 0; axis < 3; axis++) {
    let mean = 0;
    for (let k = axis; k < points.length; k += 3) mean += (points[k] as number) / count;
    for (let k = axis; k < points.length; k += 3) {
      points[k] = (points[k] as number) - mean;
      square += (points[k] as number) ** 2 / count;
    }
  }
  for (let k = 0; k < points.length; k++) points[k] = (points[k] as number) / Math.sqrt(square);
}
