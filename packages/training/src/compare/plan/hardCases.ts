/**
 * @file Targets that are hard to swap: strong expressions, a head turned far, a gaze aside, coloured and hard light,
 * something before the face. They are chosen among the attribute vectors of level M3 by what is known of each.
 */
import { describeHead, type HeadDescription, type Level, type SwapIndices } from '@visage/faces';
import { firstOf } from '../../evaluation/people.ts';
import { type SwapPlan, swapGroups } from './swaps.ts';

/** The level of all faces of the sheet: the only one with all that is hard. */
export const hardLevel: Level = 'M3';

/** A hard target. */
export interface HardCase {
  readonly name: string;
  /** Number of its attribute vector. */
  readonly attributes: number;
}

// Offsets of attribute numbers within the half million of a set, behind those of the other swaps and of albums.
const [CANDIDATES, TARGETS] = [2000, 460_000];
const [SOURCES, SOURCE_CANDIDATES] = [465_000, 400];

/** Degrees between which a head counts as turned: farther, one eye is hidden. */
const [TURNED, TURNED_AWAY] = [40, 50];

type Measure = (head: HeadDescription) => number;

const least = (...values: readonly number[]): number => Math.min(...values);
const most = (...values: readonly number[]): number => Math.max(...values);
const isFree = ({ before, glasses }: HeadDescription): boolean => before.what === 'nothing' && !glasses;
const ahead = ({ pose }: HeadDescription): boolean => Math.abs(pose.yaw) < 20;
const brightness = ({ light }: HeadDescription): number => most(...light.color);

/** How much of what is hard a head has; 0 or less: it is no such case. */
const measures: Readonly<Record<string, Measure>> = {
  'open mouth': (head) => (isFree(head) && ahead(head) ? (head.expression['mouth-open'] ?? 0) : 0),
  'strong expression': (head) =>
    isFree(head) && ahead(head) ? Object.values(head.expression).reduce((sum, weight) => sum + weight, 0) : 0,
  'turned far': (head) => {
    const yaw = Math.abs(head.pose.yaw);
    return isFree(head) && yaw >= TURNED && yaw <= TURNED_AWAY ? yaw : 0;
  },
  'gaze aside': (head) => (isFree(head) && ahead(head) ? Math.abs(head.gaze.side) : 0),
  'coloured light': (head) => (isFree(head) && ahead(head) ? brightness(head) - least(...head.light.color) : 0),
  'hard light': (head) =>
    isFree(head) && ahead(head) ? (Math.abs(head.light.direction[0]) * brightness(head)) / head.light.ambient : 0,
  'hand before the mouth': ({ before: { what, x, y } }) => (what === 'hand' ? 0.3 - Math.hypot(x, y - MOUTH) : 0),
  glasses: (head) => (head.glasses && head.before.what === 'nothing' && ahead(head) ? brightness(head) : 0),
};

/** The height of the mouth of an aligned face, in pictures from the centre, downwards. */
const MOUTH = 0.22;

/**
 * The hard targets: of each kind the candidate that has most of it. Nothing that was trained decides them.
 */
export function hardCases({ peopleSet }: Pick<SwapPlan, 'peopleSet'>): HardCase[] {
  const first = firstOf[peopleSet];
  const heads = Array.from({ length: CANDIDATES }, (_, k) => described(first, first + TARGETS + k));
  return Object.entries(measures).map(([name, measure]) => {
    const values = heads.map(measure);
    return { name, attributes: first + TARGETS + values.indexOf(most(...values)) };
  });
}

const described = (identity: number, attributes: number): HeadDescription =>
  describeHead({ identity, attributes, level: 'M3' });

/** Attribute vectors under which sources are shown well: nothing before the face, no glasses, looking ahead. */
function plainAttributes(first: number, count: number): number[] {
  const found: number[] = [];
  for (let k = 0; k < SOURCE_CANDIDATES && found.length < count; k++) {
    const attributes = first + SOURCES + k;
    const head = described(first, attributes);
    if (isFree(head) && ahead(head)) found.push(attributes);
  }
  return found;
}

/**
 * The swaps of the sheet: each person of the couples into every hard target, which shows the other of the couple. Rows
 * of one source follow one another, in the order of the cases.
 */
export function hardSwaps(plan: SwapPlan, cases: readonly HardCase[]): SwapIndices {
  const groups = swapGroups({ ...plan, photos: cases.length });
  const first = firstOf[plan.peopleSet];
  const shown = plainAttributes(first, groups.length);
  const rows = (value: (source: number, target: number, hard: HardCase) => number): Uint32Array =>
    Uint32Array.from(groups.flatMap(({ source, target }) => cases.map((hard) => value(source, target, hard))));
  return {
    sourceIdentities: rows((source) => first + source),
    sourceAttributes: rows((source) => shown[source % shown.length] as number),
    targetIdentities: rows((_, target) => first + target),
    targetAttributes: rows((_, __, { attributes }) => attributes),
  };
}
