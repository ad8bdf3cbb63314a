import { ArgumentError } from '@visage/gpu';
import { track } from '../autograd.ts';
import { convForward, convInputGrad, convWeightGrad } from '../gemm/conv.ts';
import { groupedForward, groupedInputGrad, groupedWeightGrad } from '../gemm/grouped.ts';
import { checkShape, type Shape, showShape } from '../shape.ts';
import { checkDType, type Tensor } from '../tensor.ts';
import { type Conv2dOptions, type ConvGeometry, convGeometry } from './convGeometry.ts';
import { pad2dAdjoint } from './pad.ts';
import { sum } from './reduce.ts';

/**
 * 2-D convolution (cross-correlation, as in every deep-learning library): y = x ⋆ w + bias.
 *
 * Shapes: x [N, H, W, Ci], w [kh, kw, Ci / groups, Co], bias [Co] → y [N, H', W', Co].
 */
export function conv2d(x: Tensor, w: Tensor, bias?: Tensor, options: Conv2dOptions = {}): Tensor {
  checkDType('conv2d', 'x', x, 'f32');
  checkDType('conv2d', 'w', w, 'f32');
  const g = convGeometry('conv2d', x.shape, w.shape, options);
  if (bias) checkShape('conv2d', 'bias', bias.shape, [g.channelsOut]);
  const out = g.groups === 1 ? convForward(g, x, w, bias) : groupedForward(g, x, w, bias);
  return track('conv2d', out, bias ? [x, w, bias] : [x, w], (dy, needs) => [
    needs[0] ? conv2dInputGrad(dy, w, g) : undefined,
    needs[1] ? conv2dWeightGrad(x, dy, g) : undefined,
    needs[2] ? sum(dy, [0, 1, 2]) : undefined,
  ]);
}

/**
 * The gradient of a convolution with respect to its input: linear in dy and in w, and so its own op.
 *
 * Folded padding is undone by the adjoint of padding: the kernel itself knows zero padding only.
 */
export function conv2dInputGrad(dy: Tensor, w: Tensor, g: ConvGeometry): Tensor {
  if (g.paddingMode !== 'zero' && g.padding > 0) {
    const { padding: p } = g;
    const padded: ConvGeometry = {
      ...g,
      height: g.height + 2 * p,
      width: g.width + 2 * p,
      padding: 0,
      paddingMode: 'zero',
    };
    return pad2dAdjoint(conv2dInputGrad(dy, w, padded), p, g.paddingMode);
  }
  const plain: ConvGeometry = { ...g, paddingMode: 'zero' };
  const out = g.groups === 1 ? convInputGrad(plain, dy, w) : groupedInputGrad(plain, dy, w);
  return track('conv2dInputGrad', out, [dy, w], (h, needs) => [
    needs[0] ? conv2d(h, w, undefined, plain) : undefined,
    needs[1] ? conv2dWeightGrad(h, dy, plain) : undefined,
  ]);
}

/** The gradient of a convolution with respect to its weight: linear in x and in dy. */
export function conv2dWeightGrad(x: Tensor, dy: Tensor, g: ConvGeometry): Tensor {
  const out = g.groups === 1 ? convWeightGrad(g, x, dy) : groupedWeightGrad(g, x, dy);
  return track('conv2dWeightGrad', out, [x, dy], (h, needs) => [
    needs[0] ? conv2dInputGrad(dy, h, g) : undefined,
    needs[1] ? conv2d(x, h, undefined, g) : undefined,
  ]);
}

export interface ConvTranspose2dOptions {
  readonly stride?: number;
  readonly padding?: number;
}

/**
 * Transposed 2-D convolution: the input gradient of the convolution with the same weight, plus a bias.
 *
 * Shapes: x [N, H, W, Ci], w [kh, kw, Co, Ci], bias [Co] → [N, (H − 1)·stride − 2·padding + kh, …, Co].
 */
export function convTranspose2d(
  x: Tensor,
  w: Tensor,
  bias?: Tensor,
  { stride = 1, padding = 0 }: ConvTranspose2dOptions = {},
): Tensor {
  checkDType('convTranspose2d', 'x', x, 'f32');
  checkShape(
    'convTranspose2d',
    'w',
    w.shape,
    [null, null, null, x.dim(-1)],
    'The layout is [kh, kw, channels out, channels in]',
  );
  if (x.rank !== 4)
    throw new ArgumentError('convTranspose2d', 'x', showShape(x.shape), '[batch, height, width, channels]');
  const grow = (extent: number, kernel: number) => (extent - 1) * stride - 2 * padding + kernel;
  const outShape: Shape = [x.dim(0), grow(x.dim(1), w.dim(0)), grow(x.dim(2), w.dim(1)), w.dim(2)];
  const g = convGeometry('convTranspose2d', outShape, w.shape, { stride, padding });
  const y = conv2dInputGrad(x, w, { ...g, outHeight: x.dim(1), outWidth: x.dim(2) });
  return bias ? y.add(bias) : y;
}
