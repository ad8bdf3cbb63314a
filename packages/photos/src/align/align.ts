import { ArgumentError, checkInteger, checkOneOf, showValue } from '@visage/gpu';
import type { FivePoints } from '../core/face.ts';
import { fitSimilarity, type Point, type Similarity, transformed } from '../core/geometry.ts';
import { type TemplateName, templates } from './templates.ts';

/** How a face is aligned. */
export interface Alignment {
  /** Takes points of the picture to points of the crop. */
  readonly transform: Similarity;
  readonly template: TemplateName;
  /** The pose of the template that fits best. */
  readonly pose: string;
  /** The mean distance of the moved points from the template's, as a share of the crop's side. */
  readonly error: number;
}

/** The sum of the distances between points. */
const distances = (from: readonly Point[], to: readonly Point[]): number =>
  from.reduce((sum, [x, y], k) => sum + Math.hypot(x - (to[k] as Point)[0], y - (to[k] as Point)[1]), 0);

/**
 * Aligns a face: the similarity transform T that minimises Σ |T(point) − template|² for the pose of the template whose
 * Σ |T(point) − template| is the smallest. That is SimSwap's rule (Chen et al. 2020, released code).
 *
 * @param points of the face, in pixels of the picture.
 * @param size side of the crop in pixels.
 * @throws ArgumentError unless there are five points, at different places, and the template is one of
 * {@link templates}.
 */
export function alignFace(points: FivePoints, template: TemplateName, size: number): Alignment {
  checkOneOf('alignFace', 'template', template, Object.keys(templates));
  checkInteger('alignFace', 'size', size, 1);
  const valid = Array.isArray(points) && points.length === 5 && points.every((point) => point.every(Number.isFinite));
  if (!valid) throw new ArgumentError('alignFace', 'points', showValue(points), 'five points [x, y]');
  const { side, poses } = templates[template];
  const fits = Object.entries(poses).map(([pose, target]): Alignment => {
    const scaled = target.map(([x, y]): Point => [(x * size) / side, (y * size) / side]);
    const transform = fitSimilarity(points, scaled);
    const moved = points.map((point) => transformed(transform, point));
    return { transform, template, pose, error: distances(moved, scaled) / (points.length * size) };
  });
  return fits.reduce((best, fit) => (fit.error < best.error ? fit : best));
}
