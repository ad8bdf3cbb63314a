/** @file Pose and landmarks of a face, exact also where hair or an object hides them: head-space points, projected. */
import { describeHead } from '../heads/people/describe.ts';
import { type FaceFactors, type FaceKey, faceFactors } from '../sampling/draw.ts';
import { isHeadLevel } from '../sampling/levels.ts';

/** Head pose in degrees: yaw to the viewer's right, pitch downwards, roll counter-clockwise. */
export interface Pose {
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
}

/** Names of the landmarks; left and right are the viewer's. The first five are those of ArcFace's alignment. */
export const landmarkNames = [
  'leftEye',
  'rightEye',
  'noseTip',
  'leftMouthCorner',
  'rightMouthCorner',
  'chin',
  'leftBrow',
  'rightBrow',
] as const;

/** A point of the image in pixels; pixel centres lie at halves, x to the right, y down. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Landmarks of one face by name. */
export type Landmarks = Record<(typeof landmarkNames)[number], Point>;

type Vector = readonly [number, number, number];

// The camera of kernels/faces/camera.wgsl.
const cameraDistance = 6;
const frameHalf = 1.0;
const frameCenter = -0.12;
const pivot: Vector = [0, -0.22, 0.55];

/** The pose of a face. */
export function poseOf(key: FaceKey): Pose {
  const { level = 'L1' } = key;
  if (isHeadLevel(level)) return describeHead({ ...key, level }).pose;
  const { yaw, pitch, roll } = faceFactors(key);
  return { yaw, pitch, roll };
}

/** Rows of Rz(roll) Rx(pitch) Ry(yaw), head to camera. */
function rotation(f: FaceFactors): [Vector, Vector, Vector] {
  const [yaw, pitch, roll] = [f.yaw, f.pitch, f.roll].map((degrees) => (degrees * Math.PI) / 180) as [
    number,
    number,
    number,
  ];
  const [cy, sy, cp, sp, cr, sr] = [
    Math.cos(yaw),
    Math.sin(yaw),
    Math.cos(pitch),
    Math.sin(pitch),
    Math.cos(roll),
    Math.sin(roll),
  ];
  return [
    [cr * cy - sr * sp * sy, -sr * cp, cr * sy + sr * sp * cy],
    [sr * cy + cr * sp * sy, cr * cp, sr * sy - cr * sp * cy],
    [-cp * sy, sp, cp * cy],
  ];
}

/** Projects a head-space point to fractions of the image, (0, 0) the upper left corner. */
function project(point: Vector, f: FaceFactors): Point {
  const d = point.map((value, axis) => value - (pivot[axis] as number)) as unknown as Vector;
  const rows = rotation(f);
  const [x, y, z] = rows.map(
    (row, axis) => row[0] * d[0] + row[1] * d[1] + row[2] * d[2] + (pivot[axis] as number),
  ) as unknown as Vector;
  const scale = (f.zoom * cameraDistance) / (cameraDistance - z);
  return {
    x: (x * scale + f.shiftX + frameHalf) / (2 * frameHalf),
    y: (frameHalf + frameCenter - (y * scale + f.shiftY)) / (2 * frameHalf),
  };
}

/** Head-space positions of the landmarks, by the formulae of kernels/faces/derive.wgsl and sdf.wgsl. */
function headPoints(f: FaceFactors): Record<keyof Landmarks, Vector> {
  const open = Math.max(f.mouthOpen, 0);
  const noseBase = f.eyeHeight - f.noseLength;
  const mouthLine = noseBase - f.mouthDrop - 0.35 * open;
  const halfMouth = f.mouthWidth * (1 + 1.2 * f.smile);
  const cornerY = mouthLine + 0.9 * f.smile;
  const cornerZ = 0.71 - 1.6 * halfMouth * halfMouth; // the barrel under the lips, as it curves back
  const chin = -0.8 - f.jawLength - 0.5 * open;
  const browX = Math.max(f.eyeDistance - 0.55 * f.browLength, 0.07) + 0.5 * f.browLength;
  const browY = f.eyeHeight + f.browHeight + f.browRaise + f.browArch;
  return {
    leftEye: [-f.eyeDistance, f.eyeHeight, 0.7],
    rightEye: [f.eyeDistance, f.eyeHeight, 0.7],
    noseTip: [0, noseBase + 0.07 + f.noseTip, 0.79 + f.noseForward + 0.25 * f.noseWidth],
    leftMouthCorner: [-halfMouth, cornerY, cornerZ],
    rightMouthCorner: [halfMouth, cornerY, cornerZ],
    chin: [0, chin - 0.12, 0.5 + f.chinForward],
    leftBrow: [-browX, browY, 0.68],
    rightBrow: [browX, browY, 0.68],
  };
}

/** The landmarks of a face in an image of `size` x `size` pixels. */
export function landmarksOf(key: FaceKey, size: number): Landmarks {
  const f = faceFactors(key);
  const points = headPoints(f);
  const entries = landmarkNames.map((name) => {
    const { x, y } = project(points[name], f);
    return [name, { x: x * size, y: y * size }];
  });
  return Object.fromEntries(entries) as Landmarks;
}
