/** @file Describes a head in words and numbers, on the host: labels for training, and reports of diversity. */
import { carrierPopulation, drawnOf, drivesOf, facePopulation } from './derive.ts';
import { drawHead, type HeadKey } from './draw.ts';
import { expressionRecipe } from './expressions.ts';
import { headFactorNames } from './factors.ts';
import { headTable } from './levels.ts';
import { descents } from './macros.ts';
import { lightPart, paintPart, posePart } from './person.ts';
import { melaninOf, skinDensity, toneClass, toneNames, typologyAngle } from './tone.ts';

/** A person in words. */
export interface Ancestry {
  /** Shares of the descents, which sum to 1. */
  readonly descent: Readonly<Record<(typeof descents)[number], number>>;
  /** Share of the male targets: 0 is all woman, 1 all man. */
  readonly male: number;
  readonly years: number;
}

/** What is known of a head. */
export interface HeadDescription {
  /** Whose face it is (identity). */
  readonly face: Ancestry;
  /** Whose head the face is set into (lasting, see `FactorSplit`). */
  readonly carrier: Ancestry;
  readonly tone: {
    /** Linear albedo in red, green and blue. */
    readonly albedo: readonly [number, number, number];
    /** Individual typology angle in degrees, and its class. */
    readonly angle: number;
    readonly class: (typeof toneNames)[number];
  };
  /** Weights of the units of expression by name; those at rest are left out. */
  readonly expression: Readonly<Record<string, number>>;
  /** Degrees: yaw to the viewer's right, pitch downwards, roll counter-clockwise. */
  readonly pose: { readonly yaw: number; readonly pitch: number; readonly roll: number };
  /**
   * Degrees in the frame of the head: to the viewer's right, and up; `crossing`: how far each eye turns from there
   * towards the nose.
   */
  readonly gaze: { readonly side: number; readonly up: number; readonly crossing: number };
  readonly light: {
    /** Unit vector to the key light; x to the viewer's right, y up, z to the camera. */
    readonly direction: readonly [number, number, number];
    /** Linear; the environment gives `ambient` on average. */
    readonly color: readonly [number, number, number];
    readonly ambient: number;
    /** Radius of the penumbra of the key light in texels of its shadow map, from 1 (hard) to 14. */
    readonly softness: number;
  };
  /** What stands before the head, where its middle is in pictures from the centre (y downwards), and what is worn. */
  readonly before: { readonly what: (typeof objectNames)[number]; readonly x: number; readonly y: number };
  readonly glasses: boolean;
  readonly hat: boolean;
  /** Stripes painted across the face: linear colour, and how much of the skin they hide; 0 without paint. */
  readonly paint: { readonly color: readonly [number, number, number]; readonly strength: number };
}

/** What may stand before a head, by its number in kernels/heads/person.wgsl. */
const objectNames = ['nothing', 'disc', 'bar', 'hand'] as const;

/** Years of a share of the old targets, which MakeHuman made for 25 and 90 years. */
export const yearsOf = (age: number): number => 25 + 65 * age;

function ancestry({ descent, male, age }: ReturnType<typeof facePopulation>): Ancestry {
  const shares = Object.fromEntries(descents.map((name, k) => [name, descent[k] as number]));
  return { descent: shares as Ancestry['descent'], male, years: yearsOf(age) };
}

/** Describes a head: equal to what the GPU draws up to f32 rounding. */
export function describeHead(key: HeadKey): HeadDescription {
  const { level = 'M1', factorSplit } = key;
  const named = headTable(level, 'aligned', factorSplit).slice(0, headFactorNames.length);
  const d = drawnOf(drawHead(key, named));
  const drives = drivesOf(d);
  const expression: Record<string, number> = {};
  for (const { drive, unit, gain } of expressionRecipe) {
    const weight = gain * drives[drive];
    if (weight > 0) expression[unit] = (expression[unit] ?? 0) + weight;
  }
  const density = skinDensity(melaninOf(d('tone')), d('toneBlood'), d('toneYellow'));
  const { gaze, crossing } = posePart(d);
  const degrees = (angle: number): number => (angle * 180) / Math.PI;
  return {
    face: ancestry(facePopulation(d)),
    carrier: ancestry(carrierPopulation(d)),
    tone: {
      albedo: density.map((x) => Math.exp(-x)) as [number, number, number],
      angle: typologyAngle(density),
      class: toneNames[toneClass(density)] as (typeof toneNames)[number],
    },
    expression,
    pose: { yaw: d('yaw'), pitch: d('pitch'), roll: d('roll') },
    gaze: { side: degrees(gaze[0]), up: degrees(gaze[1]), crossing: degrees(crossing) },
    light: { ...lightPart(d), softness: d('keySoftness') },
    before: {
      what: objectNames[Math.floor(d('occluder'))] ?? 'nothing',
      x: d('occluderX'),
      y: d('occluderY'),
    },
    glasses: d('glasses') >= 1,
    hat: d('hat') > 0,
    paint: { color: paintPart(d).color, strength: d('paint') },
  };
}
