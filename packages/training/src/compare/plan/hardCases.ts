/**
 * @file Targets that are hard to swap, those of the paper's matrix: strong expressions, stripes painted across the
 * face, coloured and hard light, a head turned far, crossed eyes, a hand before the mouth. They are chosen among the
 * attribute vectors of level M4 by what is known of each.
 */
import { describeHead, type HeadDescription, type Level, type SwapIndices } from '@visage/faces';
import { firstOf } from '../../evaluation/people.ts';
import { type SwapPlan, swapGroups } from './swaps.ts';

/** The level of all faces of the sheet: the only one with all that is hard. */
export const hardLevel: Level = 'M4';

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
const bare = ({ before, glasses }: HeadDescription): boolean => before.what === 'nothing' && !glasses;
const isPlain = ({ paint, gaze }: HeadDescription): boolean => paint.strength === 0 && gaze.crossing === 0;
const isFree = (head: HeadDescription): boolean => bare(head) && isPlain(head);
const ahead = ({ pose }: HeadDescription): boolean => Math.abs(pose.yaw) < 20;
const isOpen = ({ expression }: HeadDescription): boolean => !expression['eye-left-closure'];
const brightness = ({ light }: HeadDescription): number => most(...light.color);

/** How far mouth, nose and brows are from rest. */
const effortOf = ({ expression }: HeadDescription): number =>
  Object.entries(expression).reduce((sum, [unit, weight]) => sum + (unit.startsWith('eye-') ? 0 : weight), 0);

/** How much of what is hard a head has; 0 or less: it is no such case. */
const measures: Readonly<Record<string, Measure>> = {
  'open mouth': (head) => (isFree(head) && ahead(head) ? (head.expression['mouth-open'] ?? 0) : 0),
  'strong expression': (head) => (isFree(head) && ahead(head) && isOpen(head) ? effortOf(head) : 0),
  'painted stripes': (head) => {
    const { paint, tone, gaze, light } = head;
    const seen = paint.strength * Math.hypot(...paint.color.map((c, k) => c - (tone.albedo[k] as number)));
    return bare(head) && ahead(head) && gaze.crossing === 0 && light.ambient > 0.5 ? seen : 0;
  },
  'turned far': (head) => {
    const yaw = Math.abs(head.pose.yaw);
    return isFree(head) && yaw >= TURNED && yaw <= TURNED_AWAY ? yaw : 0;
  },
  'crossed eyes': (head) => {
    const { gaze, paint } = head;
    const clear = bare(head) && ahead(head) && isOpen(head) && paint.strength === 0;
    return clear ? gaze.crossing - Math.abs(gaze.side) - Math.abs(gaze.up) : 0;
  },
  'coloured light': (head) => {
    const { direction, color, ambient } = head.light;
    const seen = direction[2] * (brightness(head) - least(...color));
    return isFree(head) && ahead(head) && direction[2] > 0.4 ? seen / ambient : 0;
  },
  'hard light': (head) => {
    const { direction, color, ambient, softness } = head.light;
    const [x, , z] = direction;
    const isWhite = least(...color) > 0.6 * brightness(head);
    const isHard = softness < 4 && z > 0.3 && Math.abs(x) > 0.5;
    return isFree(head) && ahead(head) && isWhite && isHard ? brightness(head) / ambient : 0;
  },
  'hand before the mouth': (head) => {
    const { what, x, y } = head.before;
    return what === 'hand' && isPlain(head) ? 0.3 - Math.hypot(x, y - MOUTH) : 0;
  },
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
  describeHead({ identity, attributes, level: 'M4' });

/** Attribute vectors under which sources are shown well: nothing before or on the face, looking ahead. */
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
