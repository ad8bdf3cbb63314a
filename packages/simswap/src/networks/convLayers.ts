import { BatchNorm2d, Conv2d, Sequential } from '@visage/nn';
import { relu } from '@visage/tensor';

/** A convolution of 3x3, batch norm and ReLU. */
export const convNormRelu = (from: number, to: number, stride: 1 | 2 = 1): Sequential =>
  new Sequential(new Conv2d(from, to, 3, { stride, padding: 1, bias: false }), new BatchNorm2d(to), relu);
