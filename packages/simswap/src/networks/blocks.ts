import { BatchNorm2d, Conv2d, Sequential } from '@visage/nn';
import { relu, resize, type Tensor } from '@visage/tensor';

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
