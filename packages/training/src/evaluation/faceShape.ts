/** @file How far the shape of a face is from another's in the same picture: its landmarks and its pose. */
import { eyeDistance, type Face, poseOfMesh } from '@visage/photos';

/** What a look of the face mesh says. */
export type FaceShape = Pick<Face, 'mesh' | 'flag' | 'points'>;

/** The mean distance of the points of two meshes, as a share of the distance between the eyes of `target`. */
export function landmarkError({ mesh }: Pick<FaceShape, 'mesh'>, target: FaceShape): number {
  let sum = 0;
  for (let k = 0; k < mesh.length; k += 2) {
    const [x, y] = [mesh[k] as number, mesh[k + 1] as number];
    sum += Math.hypot(x - (target.mesh[k] as number), y - (target.mesh[k + 1] as number));
  }
  return (2 * sum) / mesh.length / eyeDistance(target);
}

/** √(Δyaw² + Δpitch² + Δroll²) between the poses of two meshes, in degrees. */
export function poseError(face: Pick<FaceShape, 'mesh'>, target: Pick<FaceShape, 'mesh'>): number {
  const [a, b] = [poseOfMesh(face.mesh), poseOfMesh(target.mesh)];
  return Math.hypot(a.yaw - b.yaw, a.pitch - b.pitch, a.roll - b.roll);
}
