/**
 * @file Random changes of training pictures on the GPU: mirrored, recoloured, blurred, and as JPEG would leave them.
 */
import { checkInteger } from '@visage/gpu';
import { HostRandom } from '@visage/nn';
import { noGrad, type Tensor } from '@visage/tensor';
import { checkDType, checkShape } from '@visage/tensor/kernels';
import { checkPictureChanges } from '../core/readRecipe.ts';
import type { PictureChanges } from '../core/recipe.ts';
import { blurred, colorMatrix, compressed, jpegScale, recoloured } from './changeKernels.ts';

/** What a picture's change is made of: a 3x4 colour matrix, mirrored or not, σ of the blur, and JPEG's scale. */
export const CHANGE_NUMBERS = 15;
const [COLOR, MIRRORED, SIGMA, QUALITY] = [0, 12, 13, 14];

/** The random numbers of a picture. */
type Draws = readonly [
  flip: number,
  brightness: number,
  contrast: number,
  saturation: number,
  blur: number,
  jpeg: number,
];

const DRAWS = 6;

/** Whether a recipe changes its training pictures at all. */
export const changesPictures = ({ flip, color, blur, jpeg }: PictureChanges): boolean =>
  flip > 0 || color > 0 || blur > 0 || jpeg > 0;

/**
 * The numbers of a batch's changes, [batch, {@link CHANGE_NUMBERS}] row by row; they depend on the arguments alone.
 *
 * A picture is mirrored with probability `flip`. Brightness, contrast (around ½) and saturation (around the luma) are
 * multiplied by independent factors, uniform in 1 ± `color`. σ of the blur is `blur` · u² with u uniform in [0, 1), so
 * that most pictures stay nearly sharp. The quality of the JPEG compression is uniform in [100 − `jpeg`, 100].
 *
 * @throws ArgumentError for changes or counts out of range.
 */
export function changeNumbers(changes: PictureChanges, batch: number, step: number, seed: number): Float32Array {
  checkPictureChanges('changeNumbers', changes);
  checkInteger('changeNumbers', 'batch', batch, 1);
  checkInteger('changeNumbers', 'step', step, 0);
  const random = new HostRandom(seed);
  random.draws = step;
  const draws = random.uniform(batch * DRAWS);
  const numbers = new Float32Array(batch * CHANGE_NUMBERS);
  for (let k = 0; k < batch; k++) {
    const [flip, ...rest] = draws.subarray(k * DRAWS, (k + 1) * DRAWS) as unknown as Draws;
    const [brightness, contrast, saturation, blur, jpeg] = rest;
    const factor = (draw: number): number => 1 + changes.color * (2 * draw - 1);
    const row = numbers.subarray(k * CHANGE_NUMBERS, (k + 1) * CHANGE_NUMBERS);
    row.set(colorMatrix(factor(brightness), factor(contrast), factor(saturation)), COLOR);
    row[MIRRORED] = flip < changes.flip ? 1 : 0;
    row[SIGMA] = changes.blur * blur ** 2;
    row[QUALITY] = jpegScale(100 - changes.jpeg * jpeg);
  }
  return numbers;
}

/**
 * Changes the pictures of a batch at random: mirrored and recoloured, then blurred, then compressed as by JPEG with
 * 4:2:0 chroma. A change whose strength is 0 is not computed. Results have no gradient.
 *
 * @param pictures [N, H, W, 3] f32 in [0, 1].
 * @param numbers [N, {@link CHANGE_NUMBERS}] of {@link changeNumbers} with the same strengths.
 * @returns [N, H, W, 3] in [0, 1].
 * @throws ArgumentError for shapes that do not fit, or strengths out of range.
 */
export function changePictures(pictures: Tensor, changes: PictureChanges, numbers: Tensor): Tensor {
  checkPictureChanges('changePictures', changes);
  checkDType('changePictures', 'pictures', pictures, 'f32');
  checkShape('changePictures', 'pictures', pictures.shape, [null, null, null, 3], 'Pictures are NHWC');
  checkShape('changePictures', 'numbers', numbers.shape, [pictures.dim(0), CHANGE_NUMBERS], 'One row per picture');
  const { flip, color, blur, jpeg } = changes;
  return noGrad(() => {
    let x = pictures.detach();
    if (flip > 0 || color > 0) x = recoloured(x, numbers, COLOR);
    if (blur > 0) x = blurred(x, numbers, SIGMA, blur);
    return jpeg > 0 ? compressed(x, numbers, QUALITY) : x;
  });
}
