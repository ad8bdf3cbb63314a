/**
 * @file The pose of a head from its face mesh.
 *
 * Seven points that hardly move with the expression are compared with the same points of MediaPipe's canonical face
 * model, a mean face in centimetres. An affine camera maps the one onto the other with the least squared error; the
 * nearest rotation to that camera is the pose. Perspective is left out: at a distance
 * of one metre the angles are off by up to 3 degrees.
 */
import { ArgumentError } from '@visage/gpu';
import { type FivePoints, type HeadPose, MESH_POINTS } from '../core/face.ts';
import type { Point } from '../core/geometry.ts';

type Vector = readonly [number, number, number];

/** Points of the canonical face: x to the right of the picture, y up, z to the camera. */
const CANONICAL: readonly (readonly [point: number, at: Vector])[] = [
  [33, [-4.445859, 2.663991, 3.173422]], // corners of the eyes
  [133, [-1.856432, 2.585245, 3.757904]],
  [362, [1.856432, 2.585245, 3.757904]],
  [263, [4.445859, 2.663991, 3.173422]],
  [1, [0, -1.126865, 7.475604]], // tip of the nose
  [61, [-2.456206, -4.342621, 4.283884]], // corners of the mouth
  [291, [2.456206, -4.342621, 4.283884]],
];

const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
const mixed = (p: number, a: Vector, q: number, b: Vector): Vector => [
  p * a[0] + q * b[0],
  p * a[1] + q * b[1],
  p * a[2] + q * b[2],
];

/**
 * For each point a vector w, so that the affine camera with the least squared error has the rows Σ w·x and Σ w·y. With
 * X the centred points, one a row, these are the columns of (XᵀX)⁻¹Xᵀ.
 */
function weightsOf(canonical: readonly Vector[]): readonly Vector[] {
  const { length } = canonical;
  const middle = [0, 1, 2].map((axis) => canonical.reduce((sum, at) => sum + (at[axis] as number), 0) / length);
  const centred = canonical.map((at): Vector => mixed(1, at, -1, middle as unknown as Vector));
  const moment = (i: number, j: number): number =>
    centred.reduce((sum, at) => sum + (at[i] as number) * (at[j] as number), 0);
  const rows = [0, 1, 2].map((i): Vector => [moment(i, 0), moment(i, 1), moment(i, 2)]);
  const [a, b, c] = rows as [Vector, Vector, Vector];
  const determinant = dot(a, cross(b, c));
  const inverse = [cross(b, c), cross(c, a), cross(a, b)]; // rows of the inverse, as XᵀX is symmetric
  return centred.map((at) => inverse.map((row) => dot(row, at) / determinant) as unknown as Vector);
}

const MESH_WEIGHTS = weightsOf(CANONICAL.map(([, at]) => at));

/** The middles of the eyes and of the tip of the nose, and the corners of the mouth, of the canonical face. */
const FIVE_WEIGHTS = weightsOf([
  [-3.151148, 2.624588, 3.465663],
  [3.151148, 2.624588, 3.465663],
  [0, -0.795018, 7.531092],
  [-2.456206, -4.342621, 4.283884],
  [2.456206, -4.342621, 4.283884],
]);

/**
 * The nearest pair of unit vectors at right angles to two rows: G^(−1/2) times the rows, where G holds their products
 * (the polar decomposition).
 */
function orthonormal(first: Vector, second: Vector): readonly [Vector, Vector] {
  const [a, b, c] = [dot(first, first), dot(first, second), dot(second, second)];
  const root = Math.sqrt(Math.max(0, a * c - b * b));
  const scale = 1 / (root * Math.sqrt(a + c + 2 * root));
  return [mixed(scale * (c + root), first, -scale * b, second), mixed(-scale * b, first, scale * (a + root), second)];
}

const degrees = (radians: number): number => (radians * 180) / Math.PI;

/**
 * The pose of a face from its mesh (x and y of {@link MESH_POINTS} points, y downwards). The rotation is Rz(−roll) ·
 * Rx(pitch) · Ry(yaw).
 *
 * @throws ArgumentError for another number of points, or for a mesh whose points lie on a line.
 */
export function poseOfMesh(mesh: Float32Array): HeadPose {
  if (mesh.length !== 2 * MESH_POINTS)
    throw new ArgumentError(
      'poseOfMesh',
      'mesh',
      `${mesh.length} numbers`,
      `${2 * MESH_POINTS}, x and y of each point`,
    );
  const points = CANONICAL.map(([point]): Point => [mesh[2 * point] as number, mesh[2 * point + 1] as number]);
  return poseOf('poseOfMesh', 'mesh', points, MESH_WEIGHTS);
}

/**
 * The pose of a face from its five points, for faces without a mesh. The nose alone says how the head is turned, so the
 * length of the nose is taken for a part of the pose: some degrees of error are usual.
 *
 * @throws ArgumentError for points on a line.
 */
export const poseOfPoints = (points: FivePoints): HeadPose => poseOf('poseOfPoints', 'points', points, FIVE_WEIGHTS);

function poseOf(op: string, argument: string, points: readonly Point[], weights: readonly Vector[]): HeadPose {
  let [right, up]: [Vector, Vector] = [
    [0, 0, 0],
    [0, 0, 0],
  ];
  for (const [k, [px, py]] of points.entries()) {
    right = mixed(1, right, px, weights[k] as Vector);
    up = mixed(1, up, -py, weights[k] as Vector);
  }
  const [x, y] = orthonormal(right, up);
  const z = cross(x, y);
  const pose = {
    yaw: degrees(Math.atan2(-z[0], z[2])),
    pitch: degrees(Math.atan2(z[1], Math.hypot(x[1], y[1]))),
    roll: degrees(Math.atan2(x[1], y[1])),
  };
  if (Object.values(pose).every(Number.isFinite)) return pose;
  throw new ArgumentError(op, argument, 'points on a line', 'the points of a face');
}
