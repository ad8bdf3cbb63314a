/** @file Masks of polygons that were drawn by eye, and how far two masks agree. */
import type { Point } from '@visage/photos';

/** Which pixels of a square belong to something: 1 or 0 for each, row by row. */
export type PixelMask = Uint8Array;

/**
 * The pixels whose centres lie inside a closed polygon, by the even-odd rule: a ray to the right crosses its edges an
 * odd number of times.
 *
 * @param polygon in pixels of the square; it may reach beyond.
 * @param size the square's side.
 */
export function polygonMask(polygon: readonly Point[], size: number): PixelMask {
  const edges = polygon.map((from, k) => [from, polygon[(k + 1) % polygon.length] as Point] as const);
  return Uint8Array.from({ length: size * size }, (_, k) => {
    const [x, y] = [(k % size) + 0.5, Math.floor(k / size) + 0.5];
    const crossed = edges.filter(([[u, v], [p, q]]) => v > y !== q > y && x < u + ((p - u) * (y - v)) / (q - v));
    return crossed.length % 2;
  });
}

/** The pixels that more than half of the masks have; the mean answer, which looks at no picture. */
export const majorityMask = (masks: readonly PixelMask[]): PixelMask =>
  (masks[0] as PixelMask).map((_, k) => Number(masks.filter((mask) => mask[k] === 1).length > masks.length / 2));

/** Pixels that both masks have, over those that either has; 1 if both are empty. */
export function intersectionOverUnion(a: PixelMask, b: PixelMask): number {
  const both = a.filter((value, k) => value === 1 && b[k] === 1).length;
  const either = a.filter((value, k) => value === 1 || b[k] === 1).length;
  return either === 0 ? 1 : both / either;
}
