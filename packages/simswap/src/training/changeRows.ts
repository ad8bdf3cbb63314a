/** @file How random changes are drawn: on the host, by counter, a row of numbers for each picture of a batch. */
import { checkInteger } from '@visage/gpu';
import { HostRandom } from '@visage/nn';
import { type Change, checkPictureChanges, type PictureChanges } from '../core/pictureChanges.ts';

/** Where the numbers of each change begin in the row of a picture. */
export const places = {
  /** 3x4, row by row. */
  color: 0,
  blur: 12,
  /** Below 0: no compression. */
  jpeg: 13,
  /** 2x3, row by row: from points of the new picture to those of the old one, in pixels. */
  warp: 14,
} as const;

/** Numbers in the row of a picture. */
export const PICTURE_CHANGE_ROW = 20;

const LUMA = [0.299, 0.587, 0.114]; // ITU-R BT.601
const GREY = [0.2126, 0.7152, 0.0722]; // ITU-R BT.709

/**
 * (M | b) row by row: p ↦ contrast · (brightness · saturated(p) − ½) + ½, with saturated(p) = luma + s · (p − luma).
 */
export function colorMatrix(brightness: number, contrast: number, saturation: number): number[] {
  const gain = brightness * contrast;
  return [0, 1, 2].flatMap((row) => [
    ...LUMA.map((weight, column) => gain * ((row === column ? saturation : 0) + (1 - saturation) * weight)),
    0.5 * (1 - contrast),
  ]);
}

/** (M | b) row by row: p ↦ luma of BT.709 in all channels. */
export const greyMatrix: readonly number[] = [0, 1, 2].flatMap(() => [...GREY, 0]);

/** libjpeg's factor of its quantisation tables, in percent. */
const jpegScale = (quality: number): number => (quality < 50 ? 5000 / quality : 200 - 2 * quality);

/** Random numbers of one picture, taken one after another. */
export class Draws {
  #at = 0;

  /** @param chances of whether changes occur. Default: they are among the other values. */
  constructor(
    readonly values: Float32Array,
    readonly chances?: Draws,
  ) {}

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
    return (this.chances ?? this).uniform() < probability ? strength : otherwise;
  }
}

/** Draws three independent factors of brightness, contrast and saturation, uniform in 1 ± strength. */
export function drawColor(row: Float32Array, draws: Draws, change: Change): void {
  const most = draws.of(change);
  const factor = (): number => draws.uniform(1 - most, 1 + most);
  row.set(colorMatrix(factor(), factor(), factor()), places.color);
}

/** Draws σ = strength · u², u uniform in [0, 1), so that most pictures stay nearly sharp. */
export function drawBlur(row: Float32Array, draws: Draws, change: Change): void {
  row[places.blur] = draws.of(change) * draws.uniform() ** 2;
}

/** Draws a quality uniform in [100 − strength, 100]. */
export function drawJpeg(row: Float32Array, draws: Draws, change: Change): void {
  const quality = draws.of(change, Number.NaN) * draws.uniform();
  row[places.jpeg] = Number.isNaN(quality) ? -1 : jpegScale(100 - quality);
}

/** What is drawn for each picture of a batch. */
export interface BatchOfDraws {
  readonly batch: number;
  /** Numbers in a row. */
  readonly row: number;
  /** Random numbers of a picture. */
  readonly values: number;
  /** Random numbers of a picture that lie behind the values of all pictures: whether changes occur. Default 0. */
  readonly chances?: number;
  readonly step: number;
  readonly seed: number;
}

/** The rows of a batch, [batch, row]; they depend on the arguments alone. */
export function drawRows(
  { batch, row: numbers, values, chances = 0, step, seed }: BatchOfDraws,
  fill: (row: Float32Array, draws: Draws) => void,
): Float32Array {
  const random = new HostRandom(seed);
  random.draws = step;
  const drawn = random.uniform(batch * (values + chances));
  const behind = drawn.subarray(batch * values);
  const rows = new Float32Array(batch * numbers);
  for (let k = 0; k < batch; k++) {
    const ofChances = chances > 0 ? new Draws(behind.subarray(k * chances, (k + 1) * chances)) : undefined;
    const draws = new Draws(drawn.subarray(k * values, (k + 1) * values), ofChances);
    fill(rows.subarray(k * numbers, (k + 1) * numbers), draws);
  }
  return rows;
}

/** @throws ArgumentError that names `op`, for a count that is out of range. */
export function checkDraws(op: string, batch: number, size: number, step: number): void {
  checkInteger(op, 'batch', batch, 1);
  checkInteger(op, 'size', size, 1);
  checkInteger(op, 'step', step, 0);
}

/**
 * The numbers of a batch's changes, [batch, {@link PICTURE_CHANGE_ROW}] row by row; they depend on the arguments alone.
 *
 * How a change is drawn: see {@link drawColor}, {@link drawBlur} and {@link drawJpeg}. Whether it occurs is drawn
 * behind everything else, because recipes are older than probabilities: a change that always occurs draws what it did
 * without one.
 *
 * @param size width of the pictures in pixels.
 * @throws ArgumentError for changes or counts out of range.
 */
export function pictureChangeRows(
  changes: PictureChanges,
  batch: number,
  size: number,
  step: number,
  seed: number,
): Float32Array {
  checkPictureChanges('pictureChangeRows', changes);
  checkDraws('pictureChangeRows', batch, size, step);
  return drawRows({ batch, row: PICTURE_CHANGE_ROW, values: 6, chances: 3, step, seed }, (row, draws) => {
    const mirrored = draws.uniform() < changes.flip;
    row.set([mirrored ? -1 : 1, 0, mirrored ? size : 0, 0, 1, 0], places.warp);
    drawColor(row, draws, changes.color);
    drawBlur(row, draws, changes.blur);
    drawJpeg(row, draws, changes.jpeg);
  });
}
