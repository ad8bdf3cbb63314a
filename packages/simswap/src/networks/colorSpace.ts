import { checkOneOf } from '@visage/gpu';
import { mul, type Tensor, tensor } from '@visage/tensor';
import { pointwise } from '@visage/tensor/kernels';

/**
 * What the numbers of an image mean: `unit` [0, 1]; `imagenet` (x − mean) / std per channel with the statistics of ImageNet;
 * `signed` [−1, 1].
 */
export type ColorSpace = 'unit' | 'imagenet' | 'signed';

interface Statistics {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Mean and deviation per channel. */
export const colorStatistics: Readonly<Record<Exclude<ColorSpace, 'unit'>, Statistics>> = {
  imagenet: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  signed: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
};

/** The numbers of the map from [0, 1] to a space, x · scale + shift per channel. */
export function affineFromUnit(space: ColorSpace): {
  readonly scale: readonly number[];
  readonly shift: readonly number[];
} {
  if (space === 'unit') return { scale: [1, 1, 1], shift: [0, 0, 0] };
  const { mean, std } = colorStatistics[space];
  const scale = std.map((s) => 1 / s);
  return { scale, shift: mean.map((m, k) => -m * scale[k]!) };
}

const SPACES: readonly ColorSpace[] = ['unit', 'imagenet', 'signed'];

/** Images in [0, 1] → the given space: (x − mean) / std. */
export function fromUnit(images: Tensor, space: ColorSpace): Tensor {
  checkOneOf('fromUnit', 'space', space, SPACES);
  if (space === 'unit') return images;
  const { scale, shift } = affineFromUnit(space);
  return channelAffine(images, scale, shift);
}

/** Images in the given space → [0, 1]: x · std + mean. A linear head may leave the interval. */
export function toUnit(images: Tensor, space: ColorSpace): Tensor {
  checkOneOf('toUnit', 'space', space, SPACES);
  if (space === 'unit') return images;
  const { mean, std } = colorStatistics[space];
  return channelAffine(images, std, mean);
}

/** x · scale + shift per channel, in one pass over the image. */
function channelAffine(images: Tensor, scale: readonly number[], shift: readonly number[]): Tensor {
  const factor = tensor(scale, [scale.length], { gpu: images.gpu });
  const offset = tensor(shift, [shift.length], { gpu: images.gpu });
  return pointwise('channelAffine', 'a * b + c', [images, factor, offset], [(g) => mul(g, factor)]);
}
