import type { Box } from '../core/geometry.ts';
import type { Tile } from './tiles.ts';

/** A box that may hold a face. */
export interface Candidate {
  readonly box: Box;
  /** The detector's confidence, 0 to 1. */
  readonly score: number;
}

const EDGE = 0.01; // of a tile's side: what ends that near to an edge was cut by it
const OVERLAP = 0.4; // intersection over union
const INSIDE = 0.6; // intersection over the smaller area

/**
 * The candidates that a detector found in one tile, in pixels of the picture.
 *
 * Boxes that touch an edge of the tile inside the picture are left out: they show a part of a face, and another tile
 * shows the whole.
 *
 * @param boxes top, left, bottom and right of each anchor, as fractions of the tile's side.
 * @param scores of the anchors; those above `least` count.
 */
export function candidatesOf(
  boxes: Float32Array,
  scores: Float32Array,
  tile: Tile,
  { width, height }: Pick<Box, 'width' | 'height'>,
  least: number,
): Candidate[] {
  const found: Candidate[] = [];
  const { side } = tile;
  for (const [k, score] of scores.entries()) {
    if (!(score > least)) continue;
    const [top, left, bottom, right] = boxes.subarray(4 * k, 4 * k + 4) as unknown as [number, number, number, number];
    const cut =
      (tile.x > 0 && left < EDGE) ||
      (tile.y > 0 && top < EDGE) ||
      (tile.x + side < width && right > 1 - EDGE) ||
      (tile.y + side < height && bottom > 1 - EDGE);
    if (cut || !(right > left) || !(bottom > top)) continue;
    const box = { x: tile.x + left * side, y: tile.y + top * side };
    found.push({ box: { ...box, width: (right - left) * side, height: (bottom - top) * side }, score });
  }
  return found;
}

/** The area that two boxes share. */
function shared(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, width) * Math.max(0, height);
}

const areaOf = ({ width, height }: Box): number => width * height;

/** Intersection over union of two boxes, 0 to 1. */
export function overlapOf(a: Box, b: Box): number {
  const common = shared(a, b);
  return common / (areaOf(a) + areaOf(b) - common);
}

/** Intersection of two boxes over the area of the smaller, 0 to 1. */
export const containmentOf = (a: Box, b: Box): number => shared(a, b) / Math.min(areaOf(a), areaOf(b));

/** Of items that are the same by a measure above `most`, the one with the highest score; the best first. */
export function bestOfEach<T extends Candidate>(
  items: readonly T[],
  measure: (a: Box, b: Box) => number,
  most: number,
): T[] {
  const kept: T[] = [];
  const sorted = [...items].sort((a, b) => b.score - a.score || a.box.x - b.box.x || a.box.y - b.box.y);
  for (const item of sorted) if (kept.every(({ box }) => !(measure(box, item.box) > most))) kept.push(item);
  return kept;
}

/**
 * One candidate for each face: of boxes whose intersection is more than 0.4 of their union the one with the highest
 * score, and of those left one of every two of which the smaller lies by more than 0.6 in the other, since a tile may
 * show half of a face that the whole picture shows entirely. Best first.
 */
export const suppress = (candidates: readonly Candidate[]): Candidate[] =>
  bestOfEach(bestOfEach(candidates, overlapOf, OVERLAP), containmentOf, INSIDE);
