/**
 * @file The factors of a face on the host, number by number what kernels/faces/draw.wgsl draws. For landmarks, pose and
 * labels.
 */
import { checkInteger, checkOptions, type OptionKeys } from '@visage/gpu';
import type { Factor, FactorName } from './factors.ts';
import { factorTable, type Level } from './levels.ts';
import { philox, unitFloat } from './philox.ts';

/** Every factor of one face. */
export type FaceFactors = Record<FactorName, number>;

/** Which face: identity number, attribute number, and the set that both belong to. */
export interface FaceKey {
  readonly identity: number;
  readonly attributes: number;
  /** Seed of the endless set of faces; the same numbers under another seed are other faces. Default 0. */
  readonly seed?: number;
  /** Default `L1`. */
  readonly level?: Level;
}

const KEYS: OptionKeys<FaceKey> = { identity: true, attributes: true, seed: true, level: true };
const MOST = 2 ** 32 - 1; // numbers of faces and seeds are u32 on the device

/** Philox keys of the two streams: "id" and "att" in ASCII. */
const streamTags = { identity: 0x6964, attribute: 0x617474 } as const;

function drawFactor(row: number, factor: Factor, index: number, seed: number): number {
  const { a, b, c } = factor;
  const [u0, u1, u2, u3] = philox([index, row, 0, 0], [seed, streamTags[factor.stream]]).map(unitFloat) as [
    number,
    number,
    number,
    number,
  ];
  if (factor.shape === 'uniform') return a + (b - a) * u0;
  if (factor.shape === 'chance') return u0 < c ? a + (b - a) * u1 : 0;
  return a + b * Math.min(2, Math.max(-2, Math.sqrt(3) * (u0 + u1 + u2 + u3 - 2)));
}

/** Draws all factors of a face; equal to those on the GPU up to f32 rounding. */
export function faceFactors(key: FaceKey): FaceFactors {
  checkOptions('faceFactors', key, KEYS);
  const { identity, attributes, seed = 0, level = 'L1' } = key;
  for (const [name, value] of Object.entries({ identity, attributes, seed }))
    checkInteger('faceFactors', name, value, 0, MOST);
  const entries = factorTable(level).map(([name, factor], row) => {
    const index = factor.stream === 'identity' ? identity : attributes;
    return [name, drawFactor(row, factor, index, seed)];
  });
  return Object.fromEntries(entries) as FaceFactors;
}
