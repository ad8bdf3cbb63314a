import type { Face, FivePoints } from '../core/face.ts';
import type { Point } from '../core/geometry.ts';

/** Corners of the outline of a face. */
export const OUTLINE_POINTS = 36;

/** The points of the face mesh along the outline, from the middle of the forehead clockwise. */
const OUTLINE = [
  10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136,
  172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
] as const;

/** The outline of a face from its mesh: {@link OUTLINE_POINTS} corners, in pixels of the picture. */
export const outlineOf = ({ mesh }: Pick<Face, 'mesh'>): Point[] =>
  OUTLINE.map((k): Point => [mesh[2 * k] as number, mesh[2 * k + 1] as number]);

/**
 * An ellipse about a face of which only the five points are known, as a polygon of {@link OUTLINE_POINTS} corners.
 *
 * Its axis runs from the middle of the eyes to the middle of the mouth, which are m apart. It reaches 1.05 m above the
 * eyes and 1.6 m below them. Half its width is 1.1 times the distance of the eyes, and at least 0.75 m where the head
 * is turned.
 */
export function ellipseOf([leftEye, rightEye, , leftMouth, rightMouth]: FivePoints): Point[] {
  const [eyeX, eyeY] = [(leftEye[0] + rightEye[0]) / 2, (leftEye[1] + rightEye[1]) / 2];
  const [downX, downY] = [(leftMouth[0] + rightMouth[0]) / 2 - eyeX, (leftMouth[1] + rightMouth[1]) / 2 - eyeY];
  const long = Math.hypot(downX, downY);
  const across = Math.max(1.1 * Math.hypot(rightEye[0] - leftEye[0], rightEye[1] - leftEye[1]), 0.75 * long);
  const [x, y] = [eyeX + 0.275 * downX, eyeY + 0.275 * downY];
  return Array.from({ length: OUTLINE_POINTS }, (_, k): Point => {
    const angle = (2 * Math.PI * k) / OUTLINE_POINTS;
    const down = -1.325 * Math.cos(angle);
    const side = long > 0 ? (across / long) * Math.sin(angle) : 0;
    return [x + down * downX - side * -downY, y + down * downY - side * downX];
  });
}
