/** @file What several networks are made of: channel counts, and the generator's convolutions. */
import { VisageError } from '@visage/gpu';
import { BatchNorm2d, Conv2d, Layer, type Linear, Sequential } from '@visage/nn';
import { conv2d, relu, resize, type Tensor, zeros } from '@visage/tensor';
import type { LinearParameters } from '@visage/tensor/kernels';

/** One value for each of the four stages of a network, full size first. */
export type PerStage = readonly [number, number, number, number];

/** Channels of the four stages of every SimSwap network at width 1. */
const STAGES = [64, 128, 256, 512] as const;

/** Channel counts of the four stages at a given width: ⌊n · width⌋, but no fewer than `least`. */
export function stageChannels(width: number, least = 4): PerStage {
  const scaled = (n: number): number => Math.max(least, Math.floor(n * width));
  const [c0, c1, c2, c3] = STAGES;
  return [scaled(c0), scaled(c1), scaled(c2), scaled(c3)];
}

/**
 * Weight and bias of a layer that was built with a bias.
 *
 * @throws VisageError when it was not.
 */
export function affineParameters({ weight, bias }: Linear): LinearParameters {
  if (!bias) throw new VisageError('affineParameters: the layer was built without a bias');
  return { weight, bias };
}

/** Holds the place of PyTorch's padding layer in the numbering of a state dict; our convolutions pad themselves. */
export const paddedByConvolution = (x: Tensor): Tensor => x;

/** Bilinear enlargement by 2, half-pixel centres. */
const doubleSize = (x: Tensor): Tensor => resize(x, [2 * x.dim(1), 2 * x.dim(2)], 'bilinear');

/** Convolution 7×7 with reflect padding, batch norm, relu: the generator's first layer. */
export const stem = (inChannels: number, outChannels: number): Sequential =>
  new Sequential(
    paddedByConvolution,
    new Conv2d(inChannels, outChannels, 7, { padding: 3, paddingMode: 'reflect' }),
    new BatchNorm2d(outChannels),
    relu,
  );

/** Convolution 3×3 of stride 2, batch norm, relu: halves height and width. */
export const down = (inChannels: number, outChannels: number): Sequential =>
  new Sequential(new Conv2d(inChannels, outChannels, 3, { stride: 2, padding: 1 }), new BatchNorm2d(outChannels), relu);

/** Bilinear enlargement by 2, convolution 3×3, batch norm, relu. */
export const up = (inChannels: number, outChannels: number): Sequential =>
  new Sequential(
    doubleSize,
    new Conv2d(inChannels, outChannels, 3, { padding: 1 }),
    new BatchNorm2d(outChannels),
    relu,
  );

/**
 * Convolution 1×1 from as many channels to as many whose weights are 0 at first: [N, H, W, C] → [N, H, W, C]. A
 * trained network to which its result is added computes what it computed before, and learns from there.
 *
 * Zhang, Rao and Agrawala (2023), "Adding Conditional Control to Text-to-Image Diffusion Models", section 3.1.
 */
export class ZeroConv extends Layer {
  readonly weight: Tensor;

  constructor(channels: number) {
    super();
    this.weight = this.param('weight', zeros([1, 1, channels, channels]), 'conv');
  }

  forward(x: Tensor): Tensor {
    return conv2d(x, this.weight);
  }
}
