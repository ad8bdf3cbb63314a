import { checkInteger } from '@visage/gpu';
import type { Box } from '../core/geometry.ts';

/** A square part of a picture that a detector reads at its own size. It may reach beyond the picture. */
export interface Tile {
  readonly x: number;
  readonly y: number;
  readonly side: number;
}

/** Starts of squares of `side` pixels along an axis of n pixels: a quarter of each overlaps its neighbour. */
function starts(n: number, side: number): number[] {
  const [last, step] = [Math.max(0, n - side), Math.max(1, Math.floor(0.75 * side))];
  const all: number[] = [];
  for (let at = 0; at < Math.max(1, last); at += step) all.push(at);
  if (all.at(-1) !== last) all.push(last);
  return all;
}

/**
 * The squares in which faces are looked for: the whole picture, and squares of half its longer side that overlap by at
 * least a quarter, row by row. A picture of 3:2 has 7.
 *
 * A detector of 512 pixels finds faces from about 12 pixels of its input on; half squares double them.
 */
export function tilesOf({ width, height }: Pick<Box, 'width' | 'height'>, tiled = true): Tile[] {
  checkInteger('tilesOf', 'width', width, 1);
  checkInteger('tilesOf', 'height', height, 1);
  const side = Math.max(width, height);
  const whole = { x: 0, y: 0, side };
  if (!tiled) return [whole];
  const half = Math.floor((side + 1) / 2);
  const columns = starts(width, half);
  return [whole, ...starts(height, half).flatMap((y) => columns.map((x) => ({ x, y, side: half })))];
}

const SURE = 24; // pixels of the input from which the detector finds nearly all faces: twice those from which some
const INPUT = 512; // pixels of the detector's input along a side

/** Does a look at the whole picture suffice to find faces of `smallest` pixels? */
export const wholeSuffices = ({ width, height }: Pick<Box, 'width' | 'height'>, smallest: number): boolean =>
  (SURE * Math.max(width, height)) / INPUT <= smallest;

/**
 * A square around the whole picture with a black margin of `share` times the longer side on every side. Detectors were
 * trained on faces that do not fill their picture; the margin makes those smaller.
 */
export function paddedTile({ width, height }: Pick<Box, 'width' | 'height'>, share: number): Tile {
  const longer = Math.max(width, height);
  const side = Math.round(longer * (1 + 2 * share));
  return { x: Math.round((width - side) / 2), y: Math.round((height - side) / 2), side };
}
