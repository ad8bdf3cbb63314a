/** @file How evenly skin tones, ages and sexes occur in a range of heads. */
import { checkInteger, checkOptions, type OptionKeys } from '@visage/gpu';
import { describeHead, type HeadDescription } from './describe.ts';
import type { HeadLevel } from './levels.ts';
import { toneNames } from './tone.ts';

/** Which heads to count: numbers `first` … `first + count − 1`, as identities and as attributes. */
export interface HeadRange {
  readonly first: number;
  readonly count: number;
  readonly seed?: number;
  readonly level?: HeadLevel;
}

const KEYS: OptionKeys<HeadRange> = { first: true, count: true, seed: true, level: true };

/** Names of the bins of age. */
export const ageNames = ['25 to 44', '45 to 63', '64 to 84'] as const;

/** Shares of the heads in each bin; those of a group sum to 1. */
export interface HeadDiversity {
  readonly tone: Readonly<Record<(typeof toneNames)[number], number>>;
  /** Of the faces (identity) and of the heads around them (attributes). */
  readonly age: Readonly<Record<'face' | 'carrier', Readonly<Record<(typeof ageNames)[number], number>>>>;
  readonly sex: Readonly<Record<'face' | 'carrier', Readonly<Record<'woman' | 'man', number>>>>;
  /** By the largest share. */
  readonly descent: Readonly<Record<'face' | 'carrier', Readonly<Record<'african' | 'asian' | 'caucasian', number>>>>;
}

const ageName = (years: number): (typeof ageNames)[number] => ageNames[years < 44.5 ? 0 : years < 64 ? 1 : 2];

function shares<Name extends string>(
  names: readonly Name[],
  heads: readonly HeadDescription[],
  nameOf: (head: HeadDescription) => Name,
): Record<Name, number> {
  const counts = Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
  for (const head of heads) counts[nameOf(head)] += 1 / heads.length;
  return counts;
}

/** Histograms over skin tone (six classes of the typology angle), age, sex and descent. */
export function headDiversity(range: HeadRange): HeadDiversity {
  checkOptions('headDiversity', range, KEYS);
  const { first, count, ...set } = range;
  checkInteger('headDiversity', 'count', count, 1);
  const heads = Array.from({ length: count }, (_, k) =>
    describeHead({ identity: first + k, attributes: first + k, ...set }),
  );
  const both = <T>(of: (side: 'face' | 'carrier') => T) => ({ face: of('face'), carrier: of('carrier') });
  const descents = ['african', 'asian', 'caucasian'] as const;
  return {
    tone: shares(toneNames, heads, (head) => head.tone.class),
    age: both((side) => shares(ageNames, heads, (head) => ageName(head[side].years))),
    sex: both((side) => shares(['woman', 'man'], heads, (head) => (head[side].male > 0.5 ? 'man' : 'woman'))),
    descent: both((side) =>
      shares(descents, heads, ({ [side]: { descent } }) =>
        descents.reduce((best, name) => (descent[name] > descent[best] ? name : best)),
      ),
    ),
  };
}
