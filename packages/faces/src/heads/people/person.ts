/** @file The struct Person of a head, on the host: what kernels/heads/people.wgsl writes, member by member. */
import { moleCount } from './axes.ts';
import { type ChoiceName, type ChoiceTable, type Chooser, choose, optionColor } from './choices.ts';
import { carrierPopulation, type Drawn, drawnOf, facePopulation } from './derive.ts';
import { turnedIrradiance } from './environments.ts';
import { type PersonMember, personFloats, personLayout, valueLayout } from './layout.ts';
import type { Population } from './macros.ts';
import { melaninOf, skinDensity } from './tone.ts';

type Vector = readonly [number, number, number];

/** What persons choose from: the styles and the environments of an asset. */
export interface PersonTables {
  readonly choices: ChoiceTable;
  /** [layers, 9] vectors. */
  readonly environments: Float32Array;
}

const clamp = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x));
const radians = (degrees: number): number => (degrees * Math.PI) / 180;
const luminance = (c: Vector): number => 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2];
const chooserOf = ({ male, age }: Population, dark: number): Chooser => ({ male: male > 0.5 ? 1 : 0, dark, age });

/**
 * Pose and gaze: degrees become radians. The eyes turn back towards the camera by `gazeHeld`, and each turns towards
 * the nose by `crossing`.
 */
export function posePart(d: Drawn): { pose: Vector; gaze: readonly [number, number]; crossing: number } {
  const [yaw, pitch, roll] = [d('yaw'), d('pitch'), d('roll')];
  const held = 0.7 * d('gazeHeld');
  const gaze = [clamp(d('gazeX') - held * yaw, -28, 28), clamp(d('gazeY') + held * pitch, -12, 12)] as const;
  return {
    pose: [radians(yaw), radians(pitch), radians(roll)],
    gaze: [radians(gaze[0]), radians(gaze[1])],
    crossing: radians(d('crossing')),
  };
}

/** The colour of a hue in [0, 1), of full saturation and value. */
const hueColor = (hue: number): Vector =>
  [0, 2 / 3, 1 / 3].map((shift) => {
    const x = hue + shift;
    return clamp(Math.abs((x - Math.floor(x)) * 6 - 3) - 1, 0, 1);
  }) as unknown as Vector;

/** The colour of the paint on the skin, and the direction of its stripes on the mean head, in stripes a dm. */
export function paintPart(d: Drawn): { color: Vector; stripes: readonly [number, number] } {
  const angle = radians(d('paintAngle'));
  return {
    color: hueColor(d('paintHue')).map((c) => 0.03 + 0.7 * c) as unknown as Vector,
    stripes: [Math.cos(angle) / d('paintWidth'), Math.sin(angle) / d('paintWidth')],
  };
}

/** The key light and the share of the environment. */
export function lightPart(d: Drawn): { direction: Vector; color: Vector; ambient: number } {
  const [azimuth, elevation] = [radians(d('keyAzimuth')), radians(d('keyElevation'))];
  const [k, warmth, tint] = [d('keyStrength'), d('keyWarmth'), d('keyTint')];
  const hue = hueColor(d('keyHue'));
  const warm = [1 + warmth, 1, 1 - warmth];
  return {
    direction: [Math.sin(azimuth) * Math.cos(elevation), Math.sin(elevation), Math.cos(azimuth) * Math.cos(elevation)],
    color: warm.map((w, c) => k * w * (1 - tint + 1.5 * tint * (hue[c] as number))) as unknown as Vector,
    ambient: k > 0 ? d('ambient') : 1,
  };
}

const at = (s: readonly Vector[], [x, y, z]: Vector): Vector =>
  [0, 1, 2].map((c) => {
    const e = (n: number): number => (s[n] as Vector)[c] as number;
    const second = e(4) * x * y + e(5) * y * z + e(6) * (3 * z * z - 1) + e(7) * x * z + e(8) * (x * x - y * y);
    return e(0) + e(1) * y + e(2) * z + e(3) * x + second;
  }) as unknown as Vector;

/** Directions over which the environment's brightness is averaged: the face's front and its sides. */
const facing: readonly Vector[] = [
  [0, 0, 1],
  [0.6, 0, 0.8],
  [-0.6, 0, 0.8],
  [0, 0.5, 0.87],
];

function environmentPart(d: Drawn, table: Float32Array, ambient: number) {
  const layers = table.length / 36;
  const layer = Math.min(layers - 1, Math.floor(d('environment') * layers));
  const turn = radians(d('environmentTurn'));
  const s = turnedIrradiance(table, layer, turn, d('environmentContrast'));
  const before = facing.reduce((sum, n) => sum + Math.max(0, luminance(at(s, n))), 0) / facing.length;
  const behind = Math.max(0, luminance(at(s, [0, 0, -1])));
  const gain = ambient / Math.max(0.55 * before + 0.2 * luminance(s[0] as Vector) + 0.25 * behind, 1e-4);
  const front = at(s, [0, 0, 1]);
  const white = front.map((c) => (luminance(front) / Math.max(c, 1e-3)) ** 0.65);
  return { layer, turn, gain, irradiance: s.map((v) => v.map((x) => x * gain)), white };
}

function colorPart(grey: number, r: number, g: number, b: number): Vector {
  return grey < 0.5 ? [r, r, r] : [r, g, b];
}

/** The person of the values of a head [188 floats]. */
export function personOf(values: ArrayLike<number>, { choices, environments }: PersonTables): Float64Array {
  const d = drawnOf(values);
  const out = new Float64Array(personFloats);
  const put = (member: PersonMember, ...numbers: number[]): void => out.set(numbers, personLayout[member]);
  const [face, carrier] = [facePopulation(d), carrierPopulation(d)];
  const faceDark = face.descent[0] > 0.5 ? 1 : 0;
  const pick = (name: ChoiceName, u: number, who: Chooser, skip?: number) => choose(choices, name, u, who, skip);

  const { pose, gaze, crossing } = posePart(d);
  put('pose', ...pose, crossing);
  put('gaze', ...gaze, d('distance'), d('scale'));
  put('frame', d('shiftX'), d('shiftY'), d('backZoom'), d('noiseSeed'));

  const light = lightPart(d);
  put('key', ...light.direction, d('keySoftness'));
  put('keyColor', ...light.color, light.ambient);
  const place = environmentPart(d, environments, light.ambient);
  put('environment', place.layer, place.turn, place.gain, d('backBlur'));
  put('irradiance', ...place.irradiance.flatMap((v) => [...v, 0]));

  const melanin = melaninOf(d('tone'));
  const density = skinDensity(melanin, d('toneBlood'), d('toneYellow'));
  const faceWho = chooserOf(face, faceDark);
  const scanA = pick('scans', d('scanA'), faceWho);
  put('tone', ...density, d('scanGain') * (faceDark === 1 ? 0.6 : 1));
  put('skin', scanA, pick('scans', d('scanB'), faceWho, scanA), d('scanMix'), d('rough'));
  const dark = carrier.descent[0] > 0.5 ? 1 : 0;
  const around = chooserOf(carrier, dark);
  const outerA = pick('scans', d('carrierScanA'), around);
  const outerB = pick('scans', d('carrierScanB'), around, outerA);
  put('outerSkin', outerA, outerB, d('carrierScanMix'), d('carrierScanGain') * (dark === 1 ? 0.6 : 1));
  put('marks', d('blush'), d('circles') + 0.3 * face.age, d('freckles'), d('blotchSeed'));
  for (let k = 0; k < moleCount; k++) {
    const mole = [0, 1, 2].map((c) => values[valueLayout.moles + 3 * k + c] as number);
    out.set(mole, personLayout.moles + 4 * k);
  }

  const man = carrier.male > 0.5;
  const lip = optionColor(choices, 'lipColors', pick('lipColors', d('lipColor'), around));
  put('lip', ...lip, man ? 0 : d('lipstick'));
  const haired = chooserOf(carrier, 1 - carrier.descent[2]);
  const pigment = optionColor(choices, 'hairColors', pick('hairColors', d('hairColor'), haired));
  const hair = pigment.map((c) => c * (1 + d('hairShade'))) as unknown as Vector;
  put('hair', ...hair, pick('hairStyles', d('hairStyle'), chooserOf(carrier, carrier.descent[0])));
  const styled = chooserOf(face, 1 - face.descent[2]);
  put(
    'style',
    ...[pick('brows', d('browStyle'), styled), pick('lashes', d('lashStyle'), styled)],
    ...[pick('irises', d('irisStyle'), styled), d('hairCut') > 0 ? d('hairCut') : -100],
  );
  put('fringe', d('fringe'), d('fringeSlant'), man ? stubble(d) : 0, d('shine'));
  put('brow', ...hair.map((c) => Math.min(0.1, 0.8 * c + 0.004)), d('browStrength'));
  const iris = d('irisLight');
  put('iris', iris * d('irisRed'), iris, iris * d('irisBlue'), d('irisSaturation'));

  put('cloth', ...colorPart(d('clothGrey'), d('clothRed'), d('clothGreen'), d('clothBlue')), d('neckline'));
  const back = colorPart(d('backGrey'), d('backRed'), d('backGreen'), d('backBlue'));
  put('back', ...back, d('backFlat'));
  const shaded = d('backShade') < 0.5 ? back.map((c) => 0.6 * c) : [d('backRed2'), d('backGreen2'), d('backBlue2')];
  put('back2', ...shaded, d('backPatches'));
  put('sensor', d('exposure') * autoExposure(density, light), d('noise'), d('vignette'), d('saturation'));
  const trust = light.ambient / (light.ambient + 0.6 * light.color[1]);
  const balance = [1 + d('balanceRed'), 1, 1 + d('balanceBlue')].map((c, k) => c * (place.white[k] as number) ** trust);
  put('balance', ...balance, d('contrast'));

  put('glasses', Math.floor(d('glasses')), d('glassesSize'), d('glassesDark'), 0);
  put('glassesColor', d('glassesRed'), d('glassesGreen'), d('glassesBlue'), 0);
  put('hat', ...colorPart(d('hatGrey'), d('hatRed'), d('hatGreen'), d('hatBlue')), d('hat'));
  put('occluder', Math.floor(d('occluder')), d('occluderX'), d('occluderY'), radians(d('occluderAngle')));
  put('occluderColor', d('occluderRed'), d('occluderGreen'), d('occluderBlue'), d('occluderSize'));
  put('descent', ...face.descent, face.male);
  put('about', face.age, melanin, carrier.male, carrier.age);
  const { color, stripes } = paintPart(d);
  put('paint', ...color, d('paint'));
  put('stripes', ...stripes, 0, 0);
  return out;
}

/** Strength of the stubble of a man: none, a shadow, or a beard of some days. */
function stubble(d: Drawn): number {
  if (d('beard') < 0.45) return 0.1 + 0.25 * d('beardStrength');
  return d('beard') < 0.72 ? 0.5 + 0.6 * d('beardStrength') : 0;
}

/** The camera meters the face: brings the expected luminance of the skin part of the way to a middle value. */
function autoExposure(density: Vector, { direction, color, ambient }: ReturnType<typeof lightPart>): number {
  const albedo = 0.21 * Math.exp(-density[0]) + 0.72 * Math.exp(-density[1]) + 0.07 * Math.exp(-density[2]);
  const light = 0.95 * ambient + color[1] * Math.max(0.15, 0.85 * direction[2]);
  return (0.3 / (albedo * light)) ** 0.62 * (0.9 / light) ** 0.2;
}
