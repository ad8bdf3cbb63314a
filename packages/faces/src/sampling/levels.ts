/**
 * @file Difficulty of a procedural face set: the factor table with some rows narrowed.
 *
 * L0 frontal, neutral, even white light: what the short presets train on · L1 small pose, mild expression, moderate
 * light · L2 wider pose and light, beards, glasses · L3 everything, with objects in front and sensor noise (the table
 * as it stands in factors.ts). M0 to M4 are mesh heads, whose tables are in heads/people/levels.ts.
 *
 * Equal error rate of a linear judge (LDA on gradient histograms, trained on 400 identities x 10) between 50 unseen
 * identities x 8, and its top-1 among them: L1 0.017, 98 % at 64 x 64 and 0.036, 92 % at 48 x 48; L2 0.10, 64 %; L3
 * 0.20, 37 %.
 */
import { ArgumentError, checkOneOf } from '@visage/gpu';
import type { HeadLevel } from '../heads/people/levels.ts';
import { type Factor, type FactorName, factors } from './factors.ts';

/** Difficulty of a set of procedural faces, easiest first. */
export type ProceduralLevel = 'L0' | 'L1' | 'L2' | 'L3';

/** Difficulty of a face set: of procedural faces, or of mesh heads. */
export type Level = ProceduralLevel | HeadLevel;

const headLevels = { M0: true, M1: true, M2: true, M3: true, M4: true } as const satisfies Record<HeadLevel, true>;

/** All levels. */
export const levelNames = ['L0', 'L1', 'L2', 'L3', 'M0', 'M1', 'M2', 'M3', 'M4'] as const satisfies readonly Level[];

/** Is this a level of mesh heads? */
export const isHeadLevel = (level: Level): level is HeadLevel => Object.hasOwn(headLevels, level);

type Override = Partial<Record<FactorName, Partial<Pick<Factor, 'a' | 'b' | 'c'>>>>;

const never = { a: 0, b: 0, c: 0 };
const nothingInFront: Override = { occluder: never, glasses: never, sensorNoise: { a: 0, b: 0 } };

const overrides: Record<ProceduralLevel, Override> = {
  L0: {
    ...nothingInFront,
    ...{ yaw: { b: 0 }, pitch: { b: 0 }, roll: { b: 0 }, shiftX: { b: 0 }, shiftY: { b: 0 }, zoom: { b: 0 } },
    ...{ mouthOpen: { b: 0 }, smile: { b: 0 }, browRaise: { b: 0 }, lid: { a: 0.9, b: 0.9 } },
    ...{ gazeX: { b: 0 }, gazeY: { b: 0 }, beard: never, contrast: { b: 0 } },
    ...{ lightAzimuth: { a: -15, b: -15 }, lightElevation: { a: 30, b: 30 }, ambient: { a: 0.45, b: 0.45 } },
    ...{ lightWarmth: { b: 0 } },
  },
  L1: {
    ...nothingInFront,
    ...{ yaw: { b: 8 }, pitch: { b: 4 }, roll: { b: 2 } },
    ...{ shiftX: { b: 0.015 }, shiftY: { b: 0.015 }, zoom: { b: 0.02 } },
    ...{
      mouthOpen: { b: 0.045 },
      smile: { b: 0.04 },
      lid: { a: 0.75, b: 1.05 },
      gazeX: { b: 0.14 },
      gazeY: { b: 0.07 },
    },
    ...{ lightAzimuth: { a: -50, b: 50 }, lightElevation: { a: 0, b: 50 }, ambient: { a: 0.35, b: 0.55 } },
    ...{ beard: { a: 0.3, b: 0.6, c: 0.08 }, contrast: { b: 0.04 } },
  },
  L2: {
    occluder: never,
    sensorNoise: { a: 0, b: 0.015 },
    ...{ yaw: { b: 12 }, pitch: { b: 6 }, roll: { b: 3 } },
    ...{ lightAzimuth: { a: -65, b: 65 }, ambient: { a: 0.3, b: 0.5 } },
  },
  L3: {},
};

/**
 * The factor table of a level, in the order of `factors`.
 *
 * @throws ArgumentError for a level that there is not.
 */
export function factorTable(level: Level): [FactorName, Factor][] {
  if (isHeadLevel(level))
    throw new ArgumentError(
      'faces',
      'level',
      `'${level}', a level of mesh heads`,
      `one of ${Object.keys(overrides).join(', ')}`,
      'Mesh heads have other factors: describeHead and renderHeadLabels say what is known of them',
    );
  checkOneOf('faces', 'level', level, Object.keys(overrides));
  const changed = overrides[level];
  return (Object.entries(factors) as [FactorName, Factor][]).map(([name, row]) => [name, { ...row, ...changed[name] }]);
}

/** The same table with every identity factor fixed: ranges at their centre, occasional marks absent. */
export function meanIdentityTable(level: Level): [FactorName, Factor][] {
  return factorTable(level).map(([name, row]) => {
    if (row.stream === 'attribute') return [name, row];
    if (row.shape === 'chance') return [name, { ...row, c: 0 }];
    return [name, { ...row, a: (row.a + row.b) / 2, b: (row.a + row.b) / 2 }];
  });
}
