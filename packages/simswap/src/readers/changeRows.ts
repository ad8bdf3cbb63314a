/** @file The numbers of the random changes of a batch of faces: drawn on the host, by counter. */
import { checkInteger } from '@visage/gpu';
import { HostRandom } from '@visage/nn';
import { colorMatrix, greyMatrix, jpegScale } from '../training/changeKernels.ts';
import { type Change, checkFaceChanges, type FaceChanges } from './faceChanges.ts';

/** Where the numbers of each change begin in the row of a face. */
export const places = {
  /** 3x4, row by row, and a 0 behind it: faces are mirrored by their warp. */
  color: 0,
  blur: 13,
  /** Below 0: no compression. */
  jpeg: 14,
  /** 2x3, row by row: from points of the new picture to those of the old one, in pixels. */
  warp: 15,
  /** 1 for a mirrored face. */
  mirrored: 21,
  /** σ, then the seed. */
  noise: 22,
  shrink: 24,
  /** x, y, cos, sin, half-length, radius, red, green, blue. */
  occlusion: 25,
  /** As `color`. */
  grey: 34,
} as const;

/** Numbers in the row of a face. */
export const CHANGE_ROW = 47;

const DRAWS = 36;
const FIVE = 5; // points of a detector

/**
 * Σ |p − mean|² of the five points of the alignment `rendered`, in squared distances of the eyes, and the distance of
 * the eyes as a share of the side.
 */
const [SPREAD, EYES] = [1.81, 0.3275];

/** Random numbers of one face, taken one after another. */
class Draws {
  #at = 0;

  constructor(readonly values: Float32Array) {}

  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.values[this.#at++] as number);
  }

  /** Of the normal distribution, by Box and Muller's transform. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** The strength if the change occurs, and `otherwise` if not. */
  of({ probability, strength }: Change, otherwise = 0): number {
    return this.uniform() < probability ? strength : otherwise;
  }
}

/**
 * The numbers of a batch's changes, [batch, {@link CHANGE_ROW}] row by row; they depend on the arguments alone.
 *
 * A change that occurs is drawn so. `jitter`: a similarity transform, as five points with normal errors of standard
 * deviation s give it by least squares: shifts of s / √5, and rotations (radians) and relative scales of s / √Σ|p|².
 * `color`: three independent factors, uniform in 1 ± strength. `blur`: σ = strength · u², u uniform in [0, 1).
 * `shrink`: a factor whose logarithm is uniform. `noise`: σ uniform. `jpeg`: a quality uniform in [100 − strength,
 * 100]. `occlusion`: at even chance a disc or a bar, with a radius uniform up to the strength (a bar: half of that), of
 * a uniform colour, its centre uniform in the picture.
 *
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
  for (const [name, value, least] of [
    ['batch', batch, 1],
    ['size', size, 1],
    ['step', step, 0],
  ] as const)
    checkInteger('faceChangeRows', name, value, least);
  const random = new HostRandom(seed);
  random.draws = step;
  const uniform = random.uniform(batch * DRAWS);
  const rows = new Float32Array(batch * CHANGE_ROW);
  for (let k = 0; k < batch; k++)
    fillRow(
      rows.subarray(k * CHANGE_ROW, (k + 1) * CHANGE_ROW),
      new Draws(uniform.subarray(k * DRAWS, (k + 1) * DRAWS)),
      changes,
      size,
    );
  return rows;
}

/** Every face takes as many draws, in the same order, whatever occurs: a change never moves the draws of another. */
function fillRow(row: Float32Array, draws: Draws, changes: FaceChanges, size: number): void {
  const mirrored = draws.uniform() < changes.flip;
  row[places.mirrored] = mirrored ? 1 : 0;
  row.set(warpOf(draws, draws.of(changes.jitter), mirrored, size), places.warp);
  row.set(objectOf(draws, draws.of(changes.occlusion), size), places.occlusion);
  const color = draws.of(changes.color);
  const factor = (): number => draws.uniform(1 - color, 1 + color);
  row.set(colorMatrix(factor(), factor(), factor()), places.color);
  row[places.blur] = draws.of(changes.blur) * draws.uniform() ** 2;
  const shrink = draws.of(changes.shrink, 1) ** draws.uniform();
  row[places.shrink] = shrink > 1 ? Math.max(1, Math.round(size / shrink)) : 0;
  row[places.noise] = draws.of(changes.noise) * draws.uniform();
  row[places.noise + 1] = Math.floor(draws.uniform() * 2 ** 24);
  const quality = draws.of(changes.jpeg, Number.NaN) * draws.uniform();
  row[places.jpeg] = Number.isNaN(quality) ? -1 : jpegScale(100 - quality);
  row.set(draws.uniform() < changes.grey ? greyMatrix : colorMatrix(1, 1, 1), places.grey);
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
