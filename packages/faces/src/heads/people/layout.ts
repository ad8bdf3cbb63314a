/**
 * @file Where the numbers of a head lie: the row `values` that draw and derivation fill, and the struct Person of
 * kernels/heads/person.wgsl.
 */
import { carrierAxes, faceAxes, moleRows } from './axes.ts';
import { driveNames } from './expressions.ts';
import { type HeadFactorName, headFactorNames } from './factors.ts';
import { macroTargets } from './macros.ts';

const named = headFactorNames.length;
const drawn = named + moleRows.length + faceAxes.length + carrierAxes.length;

/** First index of each part of the values of one head; before `drives` they are drawn, then derived. */
export const valueLayout = {
  moles: named,
  faceAxes: named + moleRows.length,
  carrierAxes: named + moleRows.length + faceAxes.length,
  drives: drawn,
  faceMacros: drawn + driveNames.length,
  carrierMacros: drawn + driveNames.length + macroTargets.length,
} as const;

/** How many values of a head are drawn, and how many there are. */
export const drawnCount = drawn;
export const valueCount = valueLayout.carrierMacros + macroTargets.length;

/**
 * The number of a drawn row in its random stream. Each part counts for itself, so that a part may grow without changing
 * another.
 */
export function rowNumber(row: number): number {
  const starts = [0, valueLayout.moles, valueLayout.faceAxes, valueLayout.carrierAxes];
  const part = starts.filter((start) => row >= start).length - 1;
  return part * 1024 + row - (starts[part] as number);
}

/** Index of a named row among the values. */
export const rowOf: Readonly<Record<HeadFactorName, number>> = Object.fromEntries(
  headFactorNames.map((name, row) => [name, row]),
) as Record<HeadFactorName, number>;

/** A name as a constant of a kernel: `keyWarmth` is KEY_WARMTH. */
export const capitals = (name: string): string => name.replace(/[A-Z0-9]/g, (c) => `_${c}`).toUpperCase();

/** The constants by which the kernels find values: a row of each factor by its name in capitals, and the parts. */
export const valueConstants: Readonly<Record<string, number>> = {
  ...Object.fromEntries(headFactorNames.map((name, row) => [capitals(name), row])),
  VALUES: valueCount,
  DRAWN: drawnCount,
  MOLES: valueLayout.moles,
  DRIVES: valueLayout.drives,
  FACE_MACROS: valueLayout.faceMacros,
  CARRIER_MACROS: valueLayout.carrierMacros,
};

/** Members of the WGSL struct Person, with the number of their vectors. */
export const personMembers = {
  pose: 1,
  gaze: 1,
  frame: 1,
  key: 1,
  keyColor: 1,
  environment: 1,
  irradiance: 9,
  tone: 1,
  skin: 1,
  outerSkin: 1,
  marks: 1,
  moles: 8,
  lip: 1,
  hair: 1,
  style: 1,
  fringe: 1,
  brow: 1,
  iris: 1,
  cloth: 1,
  back: 1,
  back2: 1,
  sensor: 1,
  balance: 1,
  glasses: 1,
  glassesColor: 1,
  hat: 1,
  occluder: 1,
  occluderColor: 1,
  descent: 1,
  about: 1,
  paint: 1,
  stripes: 1,
} as const;

export type PersonMember = keyof typeof personMembers;

/** First float of each member of a Person. */
export const personLayout: Readonly<Record<PersonMember, number>> = (() => {
  let at = 0;
  const entries = Object.entries(personMembers).map(([name, vectors]) => {
    const start = at;
    at += 4 * vectors;
    return [name, start];
  });
  return Object.fromEntries(entries);
})();

/** Floats of one Person. */
export const personFloats = 4 * Object.values(personMembers).reduce((sum, vectors) => sum + vectors, 0);
