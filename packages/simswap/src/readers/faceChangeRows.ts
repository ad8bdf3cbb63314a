/** @file How the random changes of faces are drawn: those of any picture, and those of faces alone. */
import {
  checkDraws,
  colorMatrix,
  type Draws,
  drawBlur,
  drawColor,
  drawJpeg,
  drawRows,
  greyMatrix,
  places,
} from '../training/changeRows.ts';
import { checkFaceChanges, type FaceChanges } from './faceChanges.ts';

/** Where the numbers of each change begin in the row of a face. */
export const facePlaces = {
  ...places,
  /** 1 for a mirrored face. */
  mirrored: 20,
  /** σ, then the seed. */
  noise: 21,
  shrink: 23,
  /** x, y, cos, sin, half-length, radius, red, green, blue. */
  occlusion: 24,
  /** 3x4, row by row. */
  grey: 33,
} as const;

/** Numbers in the row of a face. */
export const FACE_CHANGE_ROW = 45;

const DRAWS = 36;
const FIVE = 5; // points of a detector

/**
 * Σ |p − mean|² of the five points of the alignment `rendered`, in squared distances of the eyes, and the distance of
 * the eyes as a share of the side.
 */
const [SPREAD, EYES] = [1.81, 0.3275];

/**
 * The numbers of a batch's changes, [batch, {@link FACE_CHANGE_ROW}] row by row; they depend on the arguments alone.
 *
 * Colour, blur and JPEG are drawn as those of any picture, see `pictureChangeRows`. `jitter`: a similarity transform,
 * as five points with normal errors of standard deviation s give it by least squares: shifts of s / √5, and rotations
 * (radians) and relative scales of s / √Σ|p|². `shrink`: a factor whose logarithm is uniform. `noise`: σ uniform.
 * `occlusion`: at even chance a disc or a bar, with a radius uniform up to the strength (a bar: half of that), of a
 * uniform colour, its centre uniform in the picture.
 *
 * @param size side of the faces in pixels.
 * @throws ArgumentError for changes or counts out of range.
 */
export function faceChangeRows(
  changes: FaceChanges,
  batch: number,
  size: number,
  step: number,
  seed: number,
): Float32Array {
  checkFaceChanges('faceChangeRows', changes);
  checkDraws('faceChangeRows', batch, size, step);
  return drawRows({ batch, row: FACE_CHANGE_ROW, values: DRAWS, step, seed }, (row, draws) =>
    fillRow(row, draws, changes, size),
  );
}

/** Every face takes as many draws, in the same order, whatever occurs: a change never moves the draws of another. */
function fillRow(row: Float32Array, draws: Draws, changes: FaceChanges, size: number): void {
  const mirrored = draws.uniform() < changes.flip;
  row[facePlaces.mirrored] = mirrored ? 1 : 0;
  row.set(warpOf(draws, draws.of(changes.jitter), mirrored, size), facePlaces.warp);
  row.set(objectOf(draws, draws.of(changes.occlusion), size), facePlaces.occlusion);
  drawColor(row, draws, changes.color);
  drawBlur(row, draws, changes.blur);
  const shrink = draws.of(changes.shrink, 1) ** draws.uniform();
  row[facePlaces.shrink] = shrink > 1 ? Math.max(1, Math.round(size / shrink)) : 0;
  row[facePlaces.noise] = draws.of(changes.noise) * draws.uniform();
  row[facePlaces.noise + 1] = Math.floor(draws.uniform() * 2 ** 24);
  drawJpeg(row, draws, changes.jpeg);
  row.set(draws.uniform() < changes.grey ? greyMatrix : colorMatrix(1, 1, 1), facePlaces.grey);
}

/** The map from points of the changed face to those of the given one. */
function warpOf(draws: Draws, strength: number, mirrored: boolean, size: number): number[] {
  const side = mirrored ? -1 : 1;
  const shift = (strength * EYES * size) / Math.sqrt(FIVE);
  const turn = strength / Math.sqrt(SPREAD);
  const [x, y] = [shift * draws.normal(), shift * draws.normal()];
  const [a, b] = [1 + turn * draws.normal(), turn * draws.normal()];
  const middle = size / 2;
  // old = middle + R (side · (new − middle)) + shift, with R = (a, −b; b, a)
  return [side * a, -b, middle - middle * (side * a - b) + x, side * b, a, middle - middle * (side * b + a) + y];
}

/** An object before the face; a radius of 0 is none. */
function objectOf(draws: Draws, strength: number, size: number): number[] {
  const bar = draws.uniform() < 0.5;
  const radius = strength * draws.uniform() * size * (bar ? 0.5 : 1);
  const [x, y, angle] = [draws.uniform(0, size), draws.uniform(0, size), draws.uniform(0, Math.PI)];
  const half = bar ? draws.uniform(0.2, 0.7) * size : 0 * draws.uniform();
  const color = [draws.uniform(), draws.uniform(), draws.uniform()];
  return [x, y, Math.cos(angle), Math.sin(angle), half, radius, ...color];
}
