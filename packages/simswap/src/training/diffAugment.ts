import { checkList, checkOneOf } from '@visage/gpu';
import { HostRandom } from '@visage/nn';
import { concat, greaterEqual, less, mean, noGrad, slice, sub, type Tensor, tensor, translate } from '@visage/tensor';
import { checkShape, flat, pointwise, V } from '@visage/tensor/kernels';
import { type Augmentation, augmentations } from '../core/recipe.ts';

/** Random numbers per image: brightness, saturation, contrast, two shifts, two places of the cut. */
export const AUGMENTATION_DRAWS = 7;
/** Shares of the side: the longest shift, and the square that is cut out. */
const SHIFT = 0.125;
const CUT = 0.2;

/** Draws of a batch at a step, [batch, {@link AUGMENTATION_DRAWS}] row by row; they depend on the arguments alone. */
export function augmentationDraws(batch: number, step: number, seed: number): Float32Array {
  const random = new HostRandom(seed);
  random.draws = step;
  return random.uniform(batch * AUGMENTATION_DRAWS);
}

/**
 * Differentiable augmentation: changes pictures at random on their way into the discriminator, so that it does not learn a small set by heart,
 * while gradients still reach the generator. Zhao et al. 2020.
 *
 * `color`: brightness by up to ±0.5, saturation by a factor up to 2, contrast by 0.5 to 1.5. `translation`: up to an eighth of the side, zeros behind.
 * `cutout`: a square of a fifth of the side, anywhere, its centre inside. Applied in this order, whatever the order of `kinds`.
 *
 * @param images [N, H, W, 3]
 * @param draws [N, {@link AUGMENTATION_DRAWS}] uniform in [0, 1); the same draws make the same change.
 */
export function diffAugment(images: Tensor, kinds: readonly Augmentation[], draws: Tensor): Tensor {
  checkShape('diffAugment', 'images', images.shape, [null, null, null, 3], 'Images are NHWC');
  checkShape('diffAugment', 'draws', draws.shape, [images.dim(0), AUGMENTATION_DRAWS], 'One row per image');
  checkList('diffAugment', 'kinds', kinds, 'names');
  for (const kind of kinds) checkOneOf('diffAugment', 'kinds', kind, augmentations);
  const draw = (k: number): Tensor => noGrad(() => slice(draws, 1, k, k + 1).reshape([-1, 1, 1, 1]));
  let x = images;
  if (kinds.includes('color')) x = recolored(x, draw);
  if (kinds.includes('translation')) x = shifted(x, draw);
  if (kinds.includes('cutout')) x = cut(x, draw);
  return x;
}

type Draw = (k: number) => Tensor;

function recolored(images: Tensor, draw: Draw): Tensor {
  const bright = images.add(draw(0).sub(0.5));
  const gray = mean(bright, 3, true);
  const saturated = gray.add(bright.sub(gray).mul(draw(1).mul(2)));
  const level = mean(saturated, [1, 2, 3], true);
  return level.add(saturated.sub(level).mul(draw(2).add(0.5)));
}

/** A whole number from 0 to `count` − 1 per image: ⌊draw · count⌋; the bound is for a product that rounds up. */
const whole = (draw: Tensor, count: number): Tensor =>
  pointwise('whole', `min(floor(a * ${V(count)}), ${V(count - 1)})`, [draw], [flat]);

function shifted(images: Tensor, draw: Draw): Tensor {
  const along = (side: number, k: number): Tensor => {
    const most = Math.floor(side * SHIFT + 0.5);
    return whole(draw(k), 2 * most + 1).sub(most);
  };
  const shifts = noGrad(() => concat([along(images.dim(1), 3), along(images.dim(2), 4)], 1));
  return translate(images, shifts.reshape([images.dim(0), 2]));
}

function cut(images: Tensor, draw: Draw): Tensor {
  const inside = (axis: 1 | 2, k: number): Tensor => {
    const side = images.dim(axis);
    const size = Math.floor(side * CUT + 0.5);
    const first = whole(draw(k), side + 1 - (size % 2)).sub(Math.floor(size / 2));
    const places = Float32Array.from({ length: side }, (_, at) => at);
    const at = tensor(places, axis === 1 ? [1, side, 1, 1] : [1, 1, side, 1], { gpu: images.gpu });
    return greaterEqual(at, first).mul(less(at, first.add(size)));
  };
  return images.mul(noGrad(() => sub(1, inside(1, 5).mul(inside(2, 6)))));
}
