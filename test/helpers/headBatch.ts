/** @file People and weights of morph targets from noise, for tests of the shapes of heads. */
import type { HeadAsset } from '@visage/faces';
import { personFloats, personLayout } from '../../packages/faces/src/heads/people/layout.ts';
import { noise } from './numbers.ts';

/** Styles that the pictures of a batch wear in turn: brows, lashes, and hair, 0 for none. */
const worn = [
  [0, 0, 0],
  [5, 3, 2],
  [11, 1, 10],
  [2, 2, 6],
] as const;

export interface HeadNumbers {
  /** [batch, 188]. */
  readonly people: Float32Array;
  /** [batch, 2, targets]. */
  readonly weights: Float32Array;
}

/** A person whose pose, gaze, framing and light come from noise. */
function person(seed: number): Float32Array {
  const row = new Float32Array(personFloats);
  const x = noise(16, 17 * seed + 3) as unknown as number[];
  const put = (name: keyof typeof personLayout, ...values: number[]) => row.set(values, personLayout[name]);
  put('pose', 0.5 * x[0]!, 0.25 * x[1]!, 0.2 * x[2]!, seed % 2 === 0 ? 0 : 0.3 * (1 + x[12]!));
  put('gaze', 0.3 * x[3]!, 0.15 * x[4]!, 11 + 3 * x[5]!, 0.22 + 0.03 * x[6]!);
  put('frame', 0.05 * x[7]!, 0.05 * x[8]!);
  const key = [x[9]!, x[10]!, 1.1 + x[11]!];
  put('key', ...key.map((value) => value / Math.hypot(...key)));
  const [brows, lashes, hair] = worn[seed % worn.length]!;
  put('style', brows, lashes, 0, 0);
  put('hair', 0, 0, 0, hair);
  return row;
}

/** One target in five has a weight, from −0.1 to 0.4. */
function weightsOf(asset: HeadAsset, targets: number, seed: number): Float32Array {
  const draws = noise(2 * targets, seed);
  return Float32Array.from({ length: targets }, (_, k) =>
    k < asset.targets.names.length && draws[k]! > 0.6 ? 0.15 + 0.25 * draws[targets + k]! : 0,
  );
}

/** Pictures `seeds`, one row each. */
export function headBatch(asset: HeadAsset, targets: number, seeds: readonly number[]): HeadNumbers {
  const people = new Float32Array(personFloats * seeds.length);
  const weights = new Float32Array(2 * targets * seeds.length);
  seeds.forEach((seed, n) => {
    people.set(person(seed), personFloats * n);
    for (const h of [0, 1]) weights.set(weightsOf(asset, targets, 101 * seed + h), (2 * n + h) * targets);
  });
  return { people, weights };
}
