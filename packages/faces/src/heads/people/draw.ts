/** @file Draws the rows of a head on the host, number by number what kernels/heads/peopleDraw.wgsl draws. */
import { checkInteger, checkOptions, type OptionKeys } from '@visage/gpu';
import type { Factor } from '../../sampling/factors.ts';
import { philox, unitFloat } from '../../sampling/philox.ts';
import type { FactorSplit } from './factors.ts';
import { rowNumber, valueCount } from './layout.ts';
import { type HeadLevel, headTable } from './levels.ts';

/** Which head: identity number, attribute number, and the set that both belong to. */
export interface HeadKey {
  readonly identity: number;
  readonly attributes: number;
  /** Seed of the endless set of heads; the same numbers under another seed are other heads. Default 0. */
  readonly seed?: number;
  /** Default `M1`. */
  readonly level?: HeadLevel;
  /** Default `swap`. */
  readonly factorSplit?: FactorSplit;
}

const KEYS: OptionKeys<HeadKey> = { identity: true, attributes: true, seed: true, level: true, factorSplit: true };
const MOST = 2 ** 32 - 1; // numbers of heads and seeds are u32 on the device

/** Philox keys of the two streams: "hid" and "hat" in ASCII. */
const streamTags = { identity: 0x686964, attribute: 0x686174 } as const;

function drawRow(row: number, { stream, shape, a, b, c }: Factor, index: number, seed: number): number {
  const words = philox([index, rowNumber(row), 0, 0], [seed, streamTags[stream]]);
  const [u0, u1, u2, u3] = words.map(unitFloat) as [number, number, number, number];
  const [from, to] = [Math.fround(a), Math.fround(b)];
  if (shape === 'uniform') return from + (to - from) * u0;
  if (shape === 'chance') return u0 < Math.fround(c) ? from + (to - from) * u1 : 0;
  return from + to * Math.min(2.2, Math.max(-2.2, Math.sqrt(3) * (u0 + u1 + u2 + u3 - 2)));
}

/**
 * The values of a head of which the drawn ones are filled; the derived ones are 0. A table may be the beginning of that
 * of a level: then the other rows stay 0.
 */
export function drawHead(key: HeadKey, table?: readonly Factor[]): Float64Array {
  checkOptions('drawHead', key, KEYS);
  const { identity, attributes, seed = 0, level = 'M1', factorSplit } = key;
  for (const [name, value] of Object.entries({ identity, attributes, seed }))
    checkInteger('drawHead', name, value, 0, MOST);
  const values = new Float64Array(valueCount);
  for (const [row, factor] of (table ?? headTable(level, 'aligned', factorSplit)).entries())
    values[row] = drawRow(row, factor, factor.stream === 'identity' ? identity : attributes, seed);
  return values;
}
