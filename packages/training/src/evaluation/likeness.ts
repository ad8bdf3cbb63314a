/** @file How alike an identity network finds people, and whether another network finds the same people alike. */
import { rankCorrelation } from '@visage/faces';

/** A vector of the same direction and of length 1. */
export function unit(row: Float32Array): Float32Array {
  const length = Math.hypot(...row);
  return row.map((value) => value / length);
}

/** The cosine of two unit vectors. */
export const cosineOf = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, k) => sum + value * (b[k] as number), 0);

/** Adds a vector to another after division by its length, so that each of several counts alike in their sum. */
export function addUnit(sum: Float32Array, vector: Float32Array): void {
  const length = Math.hypot(...vector);
  for (const [k, value] of vector.entries()) sum[k] = (sum[k] as number) + value / length;
}

/** The mean cosine of pairs of different people; near 1 a network takes everybody for one person. */
export const meanCosineOf = (cosines: readonly number[]): number =>
  cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length;

/**
 * Spearman's rank correlation of a network's distances, as cosines of pairs, with those that another network gives the
 * same pairs: 1 if both find the same people alike, 0 if the one says nothing of the other.
 *
 * @throws ArgumentError for fewer than three pairs, and where all are equally alike.
 */
export const agreementOf = (cosines: readonly number[], distances: readonly number[]): number =>
  rankCorrelation(
    cosines.map((cosine) => -cosine),
    distances,
  );
