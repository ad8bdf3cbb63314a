/** @file Faces as a finder would give them, made from five points that are known. */
import { ellipseOf, type Face, type FivePoints, MESH_POINTS } from '@visage/photos';

/** The points of the mesh along the outline, from the forehead clockwise, and those that the five points come from. */
const OUTLINE = [
  10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136,
  172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
];
const EYES = [
  [33, 133, 160, 158, 144, 153],
  [362, 263, 385, 387, 373, 380],
];

/** A face of five points: its outline is an ellipse, its eyes are points, and all else lies on its nose. */
export function faceOf(points: FivePoints): Face {
  const [leftEye, rightEye, nose, leftMouth, rightMouth] = points;
  const mesh = Float32Array.from({ length: 2 * MESH_POINTS }, (_, k) => nose[k % 2] as number);
  for (const [k, point] of ellipseOf(points).entries()) mesh.set(point, 2 * (OUTLINE[k] as number));
  for (const k of EYES[0] as number[]) mesh.set(leftEye, 2 * k);
  for (const k of EYES[1] as number[]) mesh.set(rightEye, 2 * k);
  mesh.set(leftMouth, 2 * 61);
  mesh.set(rightMouth, 2 * 291);
  const corners = ellipseOf(points);
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  const box = { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
  return { box, score: 1, flag: 1, points, mesh };
}

/** A face that looks into the camera in a square of `size` pixels at (x, y). */
export const faceAt = (x: number, y: number, size: number): Face =>
  faceOf(
    [
      [0.35, 0.4],
      [0.65, 0.4],
      [0.5, 0.58],
      [0.38, 0.74],
      [0.62, 0.74],
    ].map(([u, v]) => [x + size * (u as number), y + size * (v as number)]) as unknown as FivePoints,
  );
