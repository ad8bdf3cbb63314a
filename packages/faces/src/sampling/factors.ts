/**
 * @file The factors of a procedural face: one row per number that the renderer reads, and whether the identity or the
 * attributes of the face decide it. The split is that of a face swap: what a swapper transfers (the geometry of the
 * inner face, brows, iris colour, marks of the skin) is identity; what it keeps (skin tone, hair, ears, neck, pose,
 * expression, light, background, things in front, sensor) is attribute. Ranges are in head space, see
 * kernels/faces/face.wgsl.
 *
 * Every row has its own counter-based random stream, so a number depends on (seed, stream, index, row) and on nothing
 * else. Append new rows to keep old faces.
 */

/** Which integer decides a factor: the identity's or the attributes'. */
export type FactorStream = 'identity' | 'attribute';

/**
 * One row: uniform in [a, b]; normal with mean a and deviation b, clipped at two; or with probability c uniform in [a,
 * b], else 0.
 */
export interface Factor {
  readonly stream: FactorStream;
  readonly shape: 'uniform' | 'normal' | 'chance';
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

const factor = (stream: FactorStream, shape: Factor['shape'], a: number, b: number, c = 0): Factor => ({
  stream,
  shape,
  a,
  b,
  c,
});
const identity = (a: number, b: number): Factor => factor('identity', 'uniform', a, b);
const attribute = (a: number, b: number): Factor => factor('attribute', 'uniform', a, b);
const around = (mean: number, deviation: number): Factor => factor('attribute', 'normal', mean, deviation);
const sometimes = (probability: number, a: number, b: number): Factor =>
  factor('attribute', 'chance', a, b, probability);
const mark = (probability: number, a: number, b: number): Factor => factor('identity', 'chance', a, b, probability);

/**
 * The full table, at the widest difficulty (L3). Identity ranges are about 1.7 times those of a natural population, and
 * uniform rather than normal: at 48 to 64 pixels identities have to be told apart by coarse shape alone.
 */
export const factors = {
  faceWidth: identity(0.82, 1.18),
  jawWidth: identity(0.22, 0.48),
  jawLength: identity(-0.09, 0.11),
  chinWidth: identity(0.04, 0.22),
  chinForward: identity(-0.06, 0.06),
  cheek: identity(-0.05, 0.06),
  eyeDistance: identity(0.23, 0.35),
  eyeHeight: identity(-0.07, 0.12),
  eyeSize: identity(0.105, 0.19),
  eyeRound: identity(0.4, 0.85),
  eyeSlant: identity(-0.35, 0.35),
  irisColor: identity(0, 1),
  noseLength: identity(0.26, 0.48),
  noseWidth: identity(0.045, 0.145),
  noseForward: identity(0.08, 0.26),
  noseTip: identity(-0.05, 0.05),
  noseBridge: identity(-0.04, 0.05),
  mouthWidth: identity(0.15, 0.36),
  mouthDrop: identity(0.13, 0.27),
  lipUpper: identity(0.02, 0.095),
  lipLower: identity(0.03, 0.125),
  browThickness: identity(0.018, 0.085),
  browHeight: identity(0.16, 0.31),
  browAngle: identity(-0.16, 0.16),
  browLength: identity(0.2, 0.4),
  browArch: identity(-0.02, 0.1),
  moleX: identity(-0.46, 0.46),
  moleY: identity(-0.7, 0.35),
  moleSize: identity(0.026, 0.05),
  secondMoleX: identity(-0.46, 0.46),
  secondMoleY: identity(-0.7, 0.35),
  secondMoleSize: mark(0.35, 0.02, 0.04),
  freckles: mark(0.25, 0.3, 0.9),
  freckleSeed: identity(0, 64),
  scar: mark(0.25, 0.12, 0.22),
  scarX: identity(-0.42, 0.42),
  scarY: identity(-0.6, 0.3),
  scarAngle: identity(0, Math.PI),

  skinTone: attribute(0, 1),
  skinRed: around(0, 0.03),
  hairColor: attribute(0, 1),
  hairShade: around(0, 0.1),
  hairBald: sometimes(0.08, 1, 1),
  hairLine: attribute(0.46, 0.7),
  hairLength: attribute(-1.3, 0.3),
  hairVolume: attribute(0.04, 0.16),
  hairPart: attribute(-0.3, 0.3),
  hairFringe: attribute(-0.3, 0.3),
  beard: sometimes(0.18, 0.3, 0.9),
  beardExtent: attribute(0, 1),
  lipRed: attribute(0.5, 1),
  earSize: attribute(0.8, 1.2),
  neckWidth: attribute(0.3, 0.42),
  shirtRed: attribute(0, 1),
  shirtGreen: attribute(0, 1),
  shirtBlue: attribute(0, 1),
  yaw: around(0, 16),
  pitch: around(0, 8),
  roll: around(0, 5),
  shiftX: around(0, 0.03),
  shiftY: around(0, 0.03),
  zoom: around(1, 0.04),
  mouthOpen: around(0, 0.06),
  smile: around(0, 0.05),
  browRaise: around(0, 0.02),
  lid: attribute(0.45, 1.05),
  gazeX: around(0, 0.25),
  gazeY: around(0, 0.12),
  lightAzimuth: attribute(-75, 75),
  lightElevation: attribute(-10, 60),
  ambient: attribute(0.25, 0.5),
  lightWarmth: around(0, 0.08),
  specular: attribute(0.05, 0.3),
  backgroundRed: attribute(0.02, 0.95),
  backgroundGreen: attribute(0.02, 0.95),
  backgroundBlue: attribute(0.02, 0.95),
  secondBackgroundRed: attribute(0.02, 0.95),
  secondBackgroundGreen: attribute(0.02, 0.95),
  secondBackgroundBlue: attribute(0.02, 0.95),
  backgroundPattern: attribute(0, 4),
  backgroundSeed: attribute(0, 64),
  glasses: sometimes(0.1, 0.1, 1),
  glassesSize: attribute(0.9, 1.15),
  occluder: sometimes(0.12, 0.1, 0.3),
  occluderX: attribute(-0.7, 0.7),
  occluderY: attribute(-1, 0.3),
  occluderAngle: attribute(0, Math.PI),
  occluderColor: attribute(0, 1),
  sensorNoise: attribute(0, 0.04),
  contrast: around(1, 0.08),
} as const satisfies Record<string, Factor>;

/** The name of a factor: a row of `factors`, and a member of the WGSL struct `Face`. */
export type FactorName = keyof typeof factors;
