/**
 * @file Difficulty of a set of mesh heads: the table of factors with some rows narrowed.
 *
 * M0 frontal, neutral, even light · M1 small pose, mild expression, moderate light · M2 wide pose, light and expression
 * · M3 glasses, hats and things in front, large yaw, hard and coloured light · M4 everything, with stripes painted
 * across the face and crossed eyes (the table of factors.ts as it stands). Identities are drawn alike at every level,
 * and a picture of M4 with neither paint nor crossed eyes is that of M3.
 */
import { checkOneOf } from '@visage/gpu';
import type { Factor } from '../../sampling/factors.ts';
import { carrierAxes, faceAxes, moleRows } from './axes.ts';
import { type FactorSplit, factorSplits, type HeadFactor, type HeadFactorName, headFactors } from './factors.ts';

/** Difficulty of a set of mesh heads, easiest first. */
export type HeadLevel = 'M0' | 'M1' | 'M2' | 'M3' | 'M4';

/** All levels of mesh heads. */
export const headLevels: readonly HeadLevel[] = ['M0', 'M1', 'M2', 'M3', 'M4'];

/**
 * What a picture shows of a head. `aligned`: the face as SimSwap's alignment crops it, its eyes and mouth 0.32 of the
 * side apart with their weighted middle at 0.6 of the height, off by what a detector is off. `portrait`: the whole
 * head.
 */
export type HeadCrop = 'aligned' | 'portrait';

export const headCrops: readonly HeadCrop[] = ['aligned', 'portrait'];

type Override = Partial<Record<HeadFactorName, Partial<Pick<HeadFactor, 'a' | 'b' | 'c'>>>>;

const still = { b: 0 };
const never = { a: 0, b: 0, c: 0 };
const nothingStaged: Override = { paint: never, crossing: never };
const nothingInFront: Override = {
  ...nothingStaged,
  ...{ glasses: never, hat: never, occluder: never, keyTint: never },
};

const overrides: Record<HeadLevel, Override> = {
  M0: {
    ...nothingInFront,
    ...{
      yaw: still,
      pitch: still,
      roll: still,
      gazeX: still,
      gazeY: still,
      shiftX: still,
      shiftY: still,
      scale: still,
    },
    ...{ moodStrength: { a: 0, b: 0 }, smileTeeth: never, smileOpen: never, browMoodStrength: { a: 0, b: 0 } },
    ...{ lids: { a: 0.15, b: 0.15 }, lidsClosed: never, tilt: still, distance: { a: 12, b: 12 } },
    ...{ keyAzimuth: { a: -15, b: 15 }, keyElevation: { a: 25, b: 40 }, keyStrength: { a: 0.15, b: 0.25, c: 1 } },
    ...{ keyWarmth: still, keySoftness: { a: 14, b: 14 }, ambient: { a: 0.8, b: 0.8 } },
    ...{ environmentContrast: { a: 0.25, b: 0.25 }, backFlat: { a: 1, b: 1, c: 0.6 } },
    ...{ exposure: { a: 1, b: 1 }, noise: { a: 0, b: 0 }, vignette: { a: 0, b: 0 }, saturation: { a: 1, b: 1 } },
    ...{ balanceRed: still, balanceBlue: still, contrast: { a: 1, b: 1 } },
  },
  M1: {
    ...nothingInFront,
    ...{ yaw: { b: 8 }, pitch: { b: 4 }, roll: { b: 2 }, gazeX: { b: 5 }, gazeY: { b: 2 } },
    ...{ shiftX: { b: 0.015 }, shiftY: { b: 0.015 }, scale: { b: 0.006 }, distance: { a: 9, b: 16 } },
    ...{ moodStrength: { a: 0.15, b: 0.6 }, smileTeeth: { c: 0.35 }, smileOpen: { a: 0.03, b: 0.1, c: 0.25 } },
    ...{ browMoodStrength: { a: 0.05, b: 0.3 }, lids: { a: -0.05, b: 0.3 }, lidsClosed: never, tilt: { b: 0.06 } },
    ...{ keyAzimuth: { a: -60, b: 60 }, keyElevation: { a: 5, b: 50 }, keyStrength: { a: 0.15, b: 0.6, c: 0.75 } },
    ...{ keyWarmth: { b: 0.06 }, keySoftness: { a: 4, b: 14 }, ambient: { a: 0.5, b: 0.8 } },
    ...{ environmentContrast: { a: 0.6, b: 0.9 }, exposure: { a: 0.9, b: 1.15 }, noise: { a: 0, b: 0.01 } },
    ...{ vignette: { a: 0, b: 0.2 }, saturation: { a: 0.9, b: 1.08 }, balanceRed: { b: 0.02 } },
    ...{ balanceBlue: { b: 0.025 }, contrast: { a: 0.96, b: 1.04 } },
  },
  M2: {
    ...nothingInFront,
    ...{ yaw: { b: 15 }, pitch: { b: 7 }, roll: { b: 4 } },
    ...{ keyAzimuth: { a: -75, b: 75 }, keyElevation: { a: -5, b: 60 }, keyStrength: { a: 0.2, b: 0.95, c: 0.75 } },
    ...{ keyWarmth: { b: 0.1 }, keySoftness: { a: 2, b: 14 }, ambient: { a: 0.35, b: 0.8 } },
    ...{ exposure: { a: 0.85, b: 1.25 }, noise: { a: 0, b: 0.025 }, saturation: { a: 0.82, b: 1.12 } },
    contrast: { a: 0.94, b: 1.06 },
  },
  M3: nothingStaged,
  M4: {},
};

/** The rows that say where the face lies in the picture, of a whole head; their spread is relative to `aligned`. */
const portrait: Override = { scale: { a: 0.235 }, shiftY: { a: -0.12 } };

/** Every row that is drawn at a level: the named ones, then moles, axes of the face, axes of the carrier. */
export function headTable(level: HeadLevel, crop: HeadCrop = 'aligned', factorSplit: FactorSplit = 'swap'): Factor[] {
  checkOneOf('heads', 'level', level, Object.keys(overrides));
  checkOneOf('heads', 'crop', crop, headCrops);
  checkOneOf('heads', 'factorSplit', factorSplit, factorSplits);
  const changed = overrides[level];
  const named = (Object.entries(headFactors) as [HeadFactorName, HeadFactor][]).map(([name, row]) => ({
    ...row,
    ...changed[name],
    ...(crop === 'portrait' && portrait[name]),
  }));
  const axes = [...faceAxes, ...carrierAxes].map(({ row }) => row);
  const lasting = factorSplit === 'whole' ? 'identity' : 'attribute';
  return [...named, ...moleRows, ...axes].map(({ stream, ...row }) => ({
    stream: stream === 'lasting' ? lasting : stream,
    ...row,
  }));
}

/** The table of exact swaps with every row of the identity fixed: ranges at their centre, occasional marks absent. */
export function meanHeadTable(level: HeadLevel, crop: HeadCrop = 'aligned'): Factor[] {
  return headTable(level, crop).map((row) => {
    if (row.stream === 'attribute') return row;
    if (row.shape === 'chance') return { ...row, a: 0, b: 0, c: 0 };
    if (row.shape === 'normal') return { ...row, b: 0 };
    return { ...row, a: (row.a + row.b) / 2, b: (row.a + row.b) / 2 };
  });
}
