import { checkOneOf } from '@visage/gpu';
import { mul, type Tensor, tensor } from '@visage/tensor';
import { pointwise } from '@visage/tensor/kernels';

/**
 * What the numbers of an image mean: `unit` [0, 1]; `imagenet` (x − mean) / std per channel with the statistics of
 * ImageNet; `signed` [−1, 1].
 */
export type ColorSpace = 'unit' | 'imagenet' | 'signed';

/** Mean and standard deviation of a channel. */
interface ChannelStatistics {
  readonly mean: number;
  readonly std: number;
}

const HALF: ChannelStatistics = { mean: 0.5, std: 0.5 };

/** The statistics of the red, the green and the blue channel by which a colour space normalises. */
export const colorStatistics: Readonly<Record<Exclude<ColorSpace, 'unit'>, readonly ChannelStatistics[]>> = {
  imagenet: [
    { mean: 0.485, std: 0.229 },
    { mean: 0.456, std: 0.224 },
    { mean: 0.406, std: 0.225 },
  ],
  signed: [HALF, HALF, HALF],
};

/** The numbers of the map from [0, 1] to a space, x · scale + shift per channel. */
export function affineFromUnit(space: ColorSpace): {
  readonly scale: readonly number[];
  readonly shift: readonly number[];
} {
  if (space === 'unit') return { scale: [1, 1, 1], shift: [0, 0, 0] };
  const channels = colorStatistics[space];
  return { scale: channels.map(({ std }) => 1 / std), shift: channels.map(({ mean, std }) => -mean * (1 / std)) };
}

/** The numbers of the map back: from a space to [0, 1], x · scale + shift per channel. */
export function affineToUnit(space: Exclude<ColorSpace, 'unit'>): {
  readonly scale: readonly number[];
  readonly shift: readonly number[];
} {
  const channels = colorStatistics[space];
  return { scale: channels.map(({ std }) => std), shift: channels.map(({ mean }) => mean) };
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
  const { scale, shift } = affineToUnit(space);
  return channelAffine(images, scale, shift);
}

/** x · scale + shift per channel, in one pass over the image. */
function channelAffine(images: Tensor, scale: readonly number[], shift: readonly number[]): Tensor {
  const factor = tensor(scale, [scale.length], { gpu: images.gpu });
  const offset = tensor(shift, [shift.length], { gpu: images.gpu });
  return pointwise('channelAffine', 'a * b + c', [images, factor, offset], [(g) => mul(g, factor)]);
}
