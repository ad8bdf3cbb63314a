import { ArgumentError } from '@visage/gpu';
import type { Face, FivePoints } from '../core/face.ts';
import type { Point } from '../core/geometry.ts';

/** Corners of the outline of a face. */
export const OUTLINE_POINTS = 36;

/** Twice the area of a triangle, above 0 if it turns clockwise on the screen. */
const turn = ([ax, ay]: Point, [bx, by]: Point, [cx, cy]: Point): number =>
  (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);

/** Half of a convex hull: of points that are sorted by x, those at which the way along them turns clockwise. */
function chain(points: readonly Point[]): Point[] {
  const hull: Point[] = [];
  for (const point of points) {
    while (hull.length > 1 && turn(hull.at(-2) as Point, hull.at(-1) as Point, point) <= 0) hull.pop();
    hull.push(point);
  }
  return hull.slice(0, -1);
}

/** The corners of the convex hull of points (Andrew 1979). */
function convexHull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort(([x, y], [u, v]) => x - u || y - v);
  return [...chain(sorted), ...chain(sorted.reverse())];
}

/** Points at equal distances along a closed polygon. */
function alongPolygon(corners: readonly Point[], count: number): Point[] {
  const edges = corners.map(([x, y], k): [Point, Point, number] => {
    const to = corners[(k + 1) % corners.length] as Point;
    return [[x, y], to, Math.hypot(to[0] - x, to[1] - y)];
  });
  const length = edges.reduce((sum, [, , each]) => sum + each, 0);
  const points: Point[] = [];
  let before = 0; // the length of the edges so far
  for (const [from, to, edge] of edges) {
    for (; points.length < count && (points.length * length) / count < before + edge; ) {
      const t = ((points.length * length) / count - before) / edge;
      points.push([from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1])]);
    }
    before += edge;
  }
  return points;
}

/**
 * The outline of a face: the convex hull of its mesh, as {@link OUTLINE_POINTS} points at equal distances, in pixels of
 * the picture.
 *
 * Of a face that looks into the camera this is the oval of the mesh. Of one that is turned away the hull keeps nose and
 * lips, which reach beyond the oval.
 *
 * @throws ArgumentError unless the points of the mesh are finite and span an area.
 */
export function outlineOf({ mesh }: Pick<Face, 'mesh'>): Point[] {
  const points = Array.from(
    { length: mesh.length / 2 },
    (_, k): Point => [mesh[2 * k] as number, mesh[2 * k + 1] as number],
  );
  const hull = mesh.every(Number.isFinite) ? convexHull(points) : [];
  if (hull.length < 3)
    throw new ArgumentError('outlineOf', 'mesh', `${points.length} points`, 'finite points that span an area');
  return alongPolygon(hull, OUTLINE_POINTS);
}

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
    return [x + down * downX + side * downY, y + down * downY - side * downX];
  });
}
