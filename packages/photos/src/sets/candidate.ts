/** @file A face that was found in a picture and may go into a set. */
import { type Box, inverted, type Similarity, scaleOf, transformed } from '../core/geometry.ts';
import type { SetFace } from './face.ts';

/** A face that may go into a set. The person is what the folder says, or what clustering found. */
export interface Candidate extends SetFace {
  /** Which face of its picture, counted from 0 at the left. */
  readonly face: number;
  /** The share of the crop that lies inside the picture, 0 to 1. */
  readonly inside: number;
}

/** How many times longer a pixel of the picture is in the crop; above 1 the face was enlarged. */
export const enlargement = ({ transform }: Pick<SetFace, 'transform'>): number => scaleOf(transform);

const SAMPLES = 16; // along each side of a crop

/** The share of a crop of side `size` that lies inside a picture. */
export function shareInside(
  transform: Similarity,
  size: number,
  { width, height }: Pick<Box, 'width' | 'height'>,
): number {
  const back = inverted(transform);
  let inside = 0;
  for (let row = 0; row < SAMPLES; row++)
    for (let column = 0; column < SAMPLES; column++) {
      const [x, y] = transformed(back, [((column + 0.5) * size) / SAMPLES, ((row + 0.5) * size) / SAMPLES]);
      if (x >= 0 && y >= 0 && x < width && y < height) inside++;
    }
  return inside / SAMPLES ** 2;
}
