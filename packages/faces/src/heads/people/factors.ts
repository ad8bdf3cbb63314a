/**
 * @file The named factors of a mesh head: one row per number that is drawn, and what decides it. Personal axes of shape
 * follow in axes.ts.
 *
 * `identity`: the inner face, its skin scans, marks, brows, lashes and irises: what a swap transfers. `lasting`: what a
 * person keeps from photograph to photograph although a swap leaves it to the target: the head around the face (the
 * carrier), skin tone, hair and beard. `attribute`: what changes between photographs: make-up, shine of the skin,
 * clothes, glasses, pose, expression, light, background, things in front, sensor, the patches of a beard, paint on the
 * skin and crossed eyes. A {@link
 * FactorSplit} says which of the two integers decides the lasting rows.
 *
 * A number depends on (seed, stream, index, row) and on nothing else. Append new rows to keep old heads. The kernels
 * name a row by its name in capitals: `keyWarmth` is KEY_WARMTH. Ranges are those of level M4, see levels.ts. Angles
 * are degrees here, lengths decimetres, colours linear.
 */
import type { Factor, FactorStream } from '../../sampling/factors.ts';

/**
 * Which integer decides the lasting rows. `swap`: the attributes, so that identity i under attributes a is the exact
 * true swap of i into a. `whole`: the identity, so that people keep head, tone and hair in all their pictures, and no
 * swap is exact. One picture alone is drawn alike by both.
 */
export type FactorSplit = 'swap' | 'whole';

export const factorSplits: readonly FactorSplit[] = ['swap', 'whole'];

/** One row before a split decides about it; a normal row is clipped at 2.2 deviations. */
export interface HeadFactor extends Omit<Factor, 'stream'> {
  readonly stream: FactorStream | 'lasting';
}

export const factor = (
  stream: HeadFactor['stream'],
  shape: Factor['shape'],
  a: number,
  b: number,
  c = 0,
): HeadFactor => ({
  stream,
  shape,
  a,
  b,
  c,
});
const identity = (a = 0, b = 1): HeadFactor => factor('identity', 'uniform', a, b);
const identityAround = (mean: number, deviation: number): HeadFactor => factor('identity', 'normal', mean, deviation);
const mark = (probability: number, a: number, b: number): HeadFactor => factor('identity', 'chance', a, b, probability);
const lasting = (a = 0, b = 1): HeadFactor => factor('lasting', 'uniform', a, b);
const lastingAround = (mean: number, deviation: number): HeadFactor => factor('lasting', 'normal', mean, deviation);
const trait = (probability: number, a: number, b: number): HeadFactor => factor('lasting', 'chance', a, b, probability);
const attribute = (a = 0, b = 1): HeadFactor => factor('attribute', 'uniform', a, b);
const around = (mean: number, deviation: number): HeadFactor => factor('attribute', 'normal', mean, deviation);
const sometimes = (probability: number, a: number, b: number): HeadFactor =>
  factor('attribute', 'chance', a, b, probability);

/** All named rows at the widest level. A row without a range is uniform in [0, 1): a choice is made with it. */
export const headFactors = {
  african: identity(),
  asian: identity(),
  caucasian: identity(),
  sex: identity(),
  sexSpread: identityAround(0, 0.15),
  age: identity(0, 0.9),
  weight: identityAround(0, 0.45),
  muscle: identityAround(0, 0.35),
  scanA: identity(),
  scanB: identity(),
  scanMix: identity(0.15, 0.5),
  scanGain: identity(0.85, 1.2),
  blotchSeed: identity(0, 50),
  blush: identity(0.1, 0.9),
  circles: identity(0, 0.6),
  freckles: mark(0.18, 0.3, 1),
  browStyle: identity(),
  browStrength: identity(0.75, 1.15),
  lashStyle: identity(),
  irisStyle: identity(),
  irisLight: identity(0.25, 0.5),
  irisRed: identity(0.9, 1.15),
  irisBlue: identity(0.85, 1.1),
  irisSaturation: identity(0.25, 0.55),

  tone: lasting(),
  toneBlood: lastingAround(0, 0.7),
  toneYellow: lastingAround(0, 0.6),
  carrierAfrican: lasting(),
  carrierAsian: lasting(),
  carrierCaucasian: lasting(),
  carrierSex: lasting(),
  carrierSexSpread: lastingAround(0, 0.15),
  carrierAge: lasting(0, 0.9),
  carrierWeight: lastingAround(0, 0.45),
  carrierMuscle: lastingAround(0, 0.35),
  carrierScanA: lasting(),
  carrierScanB: lasting(),
  carrierScanMix: lasting(0.15, 0.5),
  carrierScanGain: lasting(0.85, 1.2),
  rough: lasting(0.38, 0.52),
  shine: attribute(0.35, 1),

  hairStyle: lasting(),
  hairColor: lasting(),
  hairShade: lastingAround(0, 0.2),
  hairCut: trait(0.3, 5, 7),
  fringe: lasting(7.5, 8),
  fringeSlant: lastingAround(0, 0.25),
  beard: lasting(),
  beardStrength: lasting(),
  lipstick: sometimes(0.35, 0.2, 0.9),
  lipColor: attribute(),

  mood: attribute(),
  moodStrength: attribute(0.15, 1),
  smileTeeth: sometimes(0.55, 0.5, 0.5),
  smileOpen: sometimes(0.35, 0.05, 0.2),
  browMood: attribute(),
  browMoodStrength: attribute(0.1, 0.6),
  lids: attribute(-0.2, 0.4),
  lidsClosed: sometimes(0.06, 0.5, 1),
  tilt: around(0, 0.12),

  yaw: around(0, 27),
  pitch: around(0, 10),
  roll: around(0, 7),
  gazeX: around(0, 9),
  gazeY: around(0, 4),
  gazeHeld: attribute(0, 1),
  distance: attribute(7, 16),
  scale: around(0.32, 0.01),
  shiftX: around(0, 0.02),
  shiftY: around(-0.2, 0.02),

  keyAzimuth: attribute(-85, 85),
  keyElevation: attribute(-15, 65),
  keyStrength: sometimes(0.78, 0.2, 1.3),
  keyWarmth: around(0, 0.12),
  keyTint: sometimes(0.2, 0.2, 0.75),
  keyHue: attribute(),
  keySoftness: attribute(1, 14),
  ambient: attribute(0.25, 0.8),
  environment: attribute(),
  environmentTurn: attribute(0, 360),
  environmentContrast: attribute(1, 1),
  backBlur: attribute(0, 2.2),
  backFlat: sometimes(0.25, 1, 1),
  backGrey: attribute(),
  backRed: attribute(0.03, 0.8),
  backGreen: attribute(0.03, 0.8),
  backBlue: attribute(0.03, 0.8),
  backShade: attribute(),
  backRed2: attribute(0.03, 0.8),
  backGreen2: attribute(0.03, 0.8),
  backBlue2: attribute(0.03, 0.8),
  backPatches: sometimes(0.3, 1, 1),
  backZoom: attribute(1.5, 3),
  noiseSeed: attribute(0, 900),

  clothGrey: attribute(),
  clothRed: attribute(0.01, 0.6),
  clothGreen: attribute(0.01, 0.6),
  clothBlue: attribute(0.01, 0.6),
  neckline: attribute(5.2, 5.75),

  exposure: attribute(0.8, 1.3),
  noise: attribute(0, 0.05),
  vignette: attribute(0, 0.35),
  saturation: attribute(0.8, 1.15),
  balanceRed: around(0, 0.04),
  balanceBlue: around(0, 0.05),
  contrast: attribute(0.93, 1.07),

  glasses: sometimes(0.2, 1, 3.999),
  glassesSize: attribute(0.9, 1.12),
  glassesDark: sometimes(0.3, 0.3, 0.95),
  glassesRed: attribute(0.01, 0.25),
  glassesGreen: attribute(0.01, 0.2),
  glassesBlue: attribute(0.01, 0.2),
  hat: sometimes(0.12, 7.85, 8.1),
  hatGrey: attribute(),
  hatRed: attribute(0.01, 0.6),
  hatGreen: attribute(0.01, 0.6),
  hatBlue: attribute(0.01, 0.6),
  occluder: sometimes(0.2, 1, 3.999),
  occluderX: attribute(-0.3, 0.3),
  occluderY: attribute(-0.05, 0.35),
  occluderAngle: attribute(0, 180),
  occluderSize: attribute(0.1, 0.24),
  occluderRed: attribute(0.02, 0.8),
  occluderGreen: attribute(0.02, 0.8),
  occluderBlue: attribute(0.02, 0.8),

  paint: sometimes(0.25, 0.65, 0.95),
  paintHue: attribute(),
  paintAngle: attribute(0, 180),
  paintWidth: attribute(0.14, 0.3),
  crossing: sometimes(0.25, 8, 22),
} as const satisfies Record<string, HeadFactor>;

/** The name of a row of {@link headFactors}. */
export type HeadFactorName = keyof typeof headFactors;

export const headFactorNames = Object.keys(headFactors) as HeadFactorName[];
