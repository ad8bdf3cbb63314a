import { describeHead, type FaceKey, faceFactors, type HeadKey, isHeadLevel } from '@visage/faces';

/**
 * The labels that are read from a face, in order: head angles in degrees, expression in the renderer's units, in
 * degrees where the eyes look and how far each turns from there towards the nose, and the light direction as a unit
 * vector. Of a face without key light it is 0.
 */
export const labelNames = [
  ...(['yaw', 'pitch', 'roll'] as const),
  ...(['mouthOpen', 'smile', 'browRaise', 'lid'] as const),
  ...(['gazeX', 'gazeY', 'crossing'] as const),
  ...(['lightX', 'lightY', 'lightZ'] as const),
] as const;

/** The range of labels, [from, to), that belongs to each attribute. */
const attributeLabels = { pose: [0, 3], expression: [3, 7], gaze: [7, 10], light: [10, 13] } as const;

/** An attribute of the target that a swap must preserve. */
export type Attribute = keyof typeof attributeLabels;

const degrees = (radians: number): number => (radians * 180) / Math.PI;
const radians = (angle: number): number => (angle * Math.PI) / 180;

/** The true labels of a rendered face. They depend only on its attributes, not on the person. */
export function labelsOf(key: FaceKey): number[] {
  const { level = 'L1' } = key;
  return isHeadLevel(level) ? headLabels({ ...key, level }) : proceduralLabels(key);
}

/** Of a mesh head: each coefficient of its expression is what raises it, less what lowers it. */
function headLabels(key: HeadKey): number[] {
  const { pose, expression, gaze, light } = describeHead(key);
  const weight = (unit: string): number => expression[unit] ?? 0;
  const both = (unit: (side: string) => string): number => (weight(unit('left')) + weight(unit('right'))) / 2;
  const brows = both((side) => `eyebrows-${side}-up`) - both((side) => `eyebrows-${side}-down`);
  const lids = both((side) => `eye-${side}-opened-up`) - both((side) => `eye-${side}-slit`);
  const shown = [weight('mouth-open'), weight('mouth-corner-puller'), brows];
  const closed = both((side) => `eye-${side}-closure`);
  const isLit = light.color.some((channel) => channel > 0);
  const direction = light.direction.map((x) => (isLit ? x : 0));
  const eyes = [gaze.side, gaze.up, gaze.crossing];
  return [pose.yaw, pose.pitch, pose.roll, ...shown, lids - closed, ...eyes, ...direction];
}

function proceduralLabels(key: FaceKey): number[] {
  const f = faceFactors(key);
  const [azimuth, elevation] = [radians(f.lightAzimuth), radians(f.lightElevation)];
  const head = [f.yaw, f.pitch, f.roll];
  const expression = [Math.max(f.mouthOpen, 0), f.smile, f.browRaise, f.lid]; // a value below 0 is a closed mouth
  const light = [Math.sin(azimuth) * Math.cos(elevation), Math.sin(elevation), Math.cos(azimuth) * Math.cos(elevation)];
  return [...head, ...expression, degrees(f.gazeX), degrees(f.gazeY), 0, ...light];
}

/** Mean and standard deviation of each label over a face set. */
export interface LabelSpread {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** Smallest deviation of a label. A label that is constant at some level would otherwise cause a division by zero. */
const LEAST_DEVIATION = 1e-3;

/** Computes the mean and the standard deviation of each label; `rows` has one row per face. */
export function labelSpread(rows: readonly (readonly number[])[]): LabelSpread {
  const average = (value: (row: readonly number[]) => number) =>
    rows.reduce((sum, row) => sum + value(row), 0) / rows.length;
  const mean = labelNames.map((_, k) => average((row) => row[k] as number));
  const deviation = mean.map((m, k) =>
    Math.max(LEAST_DEVIATION, Math.sqrt(average((row) => ((row[k] as number) - m) ** 2))),
  );
  return { mean, deviation };
}

/**
 * The mean errors of labels over faces.
 *
 * - Pose: Euclidean norm of the difference of the three angles, in degrees.
 * - Expression: root mean square over the four coefficients, each divided by its standard deviation.
 * - Gaze: of each eye the Euclidean norm of the difference of its two angles, in degrees; the mean over both eyes.
 * - Light: angle between the two directions, in degrees, over the faces that have a key light; NaN if none has one.
 */
export function attributeErrors(
  found: readonly (readonly number[])[],
  truth: readonly (readonly number[])[],
  { deviation }: LabelSpread,
): Record<Attribute, number> {
  type Error = (found: readonly number[], truth: readonly number[]) => number | undefined;
  const mean = (error: Error, attribute: Attribute) => {
    const [from, to] = attributeLabels[attribute];
    const errors = found
      .map((row, n) => error(row.slice(from, to), (truth[n] as readonly number[]).slice(from, to)))
      .filter((each) => each !== undefined);
    return errors.reduce((sum, x) => sum + x, 0) / errors.length;
  };
  const distance = (a: readonly number[], b: readonly number[]) => Math.hypot(...a.map((x, k) => x - (b[k] as number)));
  const scaled = (a: readonly number[], b: readonly number[]) => {
    const spread = deviation.slice(...attributeLabels.expression);
    return Math.hypot(...a.map((x, k) => (x - (b[k] as number)) / (spread[k] as number))) / Math.sqrt(a.length);
  };
  const eyes = (a: readonly number[], b: readonly number[]) => {
    const [side, up, crossing] = a.map((x, k) => x - (b[k] as number)) as [number, number, number];
    return (Math.hypot(side + crossing, up) + Math.hypot(side - crossing, up)) / 2;
  };
  const angle = (a: readonly number[], b: readonly number[]) => {
    if (Math.hypot(...b) < 0.5) return undefined;
    const dot = a.reduce((sum, x, k) => sum + x * (b[k] as number), 0);
    return degrees(Math.acos(Math.min(1, Math.max(-1, dot / Math.max(1e-9, Math.hypot(...a) * Math.hypot(...b))))));
  };
  return {
    pose: mean(distance, 'pose'),
    expression: mean(scaled, 'expression'),
    gaze: mean(eyes, 'gaze'),
    light: mean(angle, 'light'),
  };
}
