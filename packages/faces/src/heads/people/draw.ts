/** @file Draws the rows of a head on the host, number by number what kernels/heads/peopleDraw.wgsl draws. */
import { checkInteger, checkOptions, type OptionKeys } from '@visage/gpu';
import { philox } from '@visage/tensor/kernels';
import type { Factor } from '../../sampling/factors.ts';
import { unitFloat } from '../../sampling/philox.ts';
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

/** Of every draw, because new ones took most of the time of drawing thousands of heads. */
const [counter, key, words] = [new Uint32Array(4), new Uint32Array(2), new Uint32Array(4)];

function drawRow(row: number, { stream, shape, a, b, c }: Factor, index: number, seed: number): number {
  counter[0] = index;
  counter[1] = rowNumber(row);
  key[0] = seed;
  key[1] = streamTags[stream];
  philox(counter, key, words);
  const u0 = unitFloat(words[0] as number);
  const u1 = unitFloat(words[1] as number);
  const u2 = unitFloat(words[2] as number);
  const u3 = unitFloat(words[3] as number);
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

const identityTable = headTable('M1');

/** The value of a row that the identity decides, which is the same at every level. */
export const drawIdentityRow = (row: number, identity: number, seed: number): number =>
  drawRow(row, identityTable[row] as Factor, identity, seed);
