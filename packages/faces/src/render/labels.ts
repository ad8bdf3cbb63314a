/** @file Pose and the eight named landmarks of rendered faces of any level, read to the host. */
import { isHeadLevel } from '../sampling/levels.ts';
import { type Landmarks, landmarkNames, landmarksOf, type Point, type Pose, poseOf } from './landmarks.ts';
import { type FaceBatch, renderHeadLandmarks } from './render.ts';

/** What is known of one face of a batch. */
export interface FacePlace {
  readonly pose: Pose;
  readonly landmarks: Landmarks;
}

/** The points of the iBUG scheme whose mean each landmark is. */
export const pointsOfLandmark: Record<(typeof landmarkNames)[number], readonly number[]> = {
  leftEye: [36, 37, 38, 39, 40, 41],
  rightEye: [42, 43, 44, 45, 46, 47],
  noseTip: [30],
  leftMouthCorner: [48],
  rightMouthCorner: [54],
  chin: [8],
  leftBrow: [17, 18, 19, 20, 21],
  rightBrow: [22, 23, 24, 25, 26],
};

/** The eight named landmarks from the 68 of the iBUG scheme: pairs x, y. */
export function landmarksFrom68(points: ArrayLike<number>): Landmarks {
  const mean = (rows: readonly number[], axis: number) =>
    rows.reduce((sum, row) => sum + (points[2 * row + axis] as number), 0) / rows.length;
  const entries = landmarkNames.map((name): [string, Point] => {
    const rows = pointsOfLandmark[name];
    return [name, { x: mean(rows, 0), y: mean(rows, 1) }];
  });
  return Object.fromEntries(entries) as Landmarks;
}

/** Where the faces of a batch are and how they are turned. The numbers of the batch are lists, not tensors. */
export async function placesOf(
  batch: FaceBatch & { readonly identities: Uint32Array; readonly attributes: Uint32Array },
): Promise<FacePlace[]> {
  const { identities, attributes, seed, level = 'L1', size } = batch;
  const keys = Array.from(identities, (identity, k) => ({
    identity,
    attributes: attributes[k] as number,
    seed,
    level,
  }));
  if (!isHeadLevel(level)) return keys.map((key) => ({ pose: poseOf(key), landmarks: landmarksOf(key, size) }));
  const landmarks = renderHeadLandmarks(batch);
  const points = await landmarks.floats();
  landmarks.dispose();
  const width = points.length / keys.length;
  return keys.map((key, k) => ({
    pose: poseOf(key),
    landmarks: landmarksFrom68(points.subarray(k * width, (k + 1) * width)),
  }));
}
