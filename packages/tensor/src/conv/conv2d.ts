/** @file conv2d, convTranspose2d and their gradients: checks, types, and the graph of ops. */
import { ArgumentError, checkOptions, type OptionKeys } from '@visage/gpu';
import { track } from '../core/autograd.ts';
import { checkShape, type Shape, showShape } from '../core/shape.ts';
import { checkDType, type Tensor } from '../core/tensor.ts';
import { activationGradient, checkActivation } from '../elementwise/activation.ts';
import { isCastNow } from '../elementwise/autocast.ts';
import { cast } from '../elementwise/cast.ts';
import { biasGradient } from '../elementwise/zeroSum.ts';
import { type Finish, type GemmType, gemmType, operandsOf } from '../gemm/problem.ts';
import { convForward, convInputGrad, convWeightGrad } from './algorithms.ts';
import {
  type Conv2dOptions,
  type ConvGeometry,
  checkConvOptions,
  checkSteps,
  convGeometry,
  MISSING_CONV_OPTIONS,
} from './geometry.ts';
import { groupedForward, groupedInputGrad, groupedWeightGrad } from './grouped.ts';
import { pad2dAdjoint } from './padding.ts';

/**
 * 2-D convolution (cross-correlation, as in every deep-learning library), y = activation(x ⋆ w + bias), where x ⋆ w is
 *
 *     y[n, r, c, co] = Σ over (i, j, ci) of x[n, r·s − p + i, c·s − p + j, ci] · w[i, j, ci, co] (stride s, padding p)
 *
 * Shapes: x [N, H, W, Ci], w [kh, kw, Ci / groups, Co], bias [Co] → y [N, H', W', Co] with H' = ⌊(H + 2 · padding − kh)
 * / stride⌋ + 1, in the type of x. An f32 w is rounded to f16 for the product with an f16 x. Sums are f32, and every
 * gradient has the type of its tensor.
 *
 * @throws ArgumentError if a tensor is not f32 or f16, if a shape does not fit, or if an option is unknown or out of
 * range.
 */
export const conv2d = (x: Tensor, w: Tensor, bias?: Tensor, options: Conv2dOptions = {}): Tensor =>
  conv2dMergedBy(x, w, bias, options, undefined);

/**
 * As {@link conv2d}, for a call without gradients. Where K is split, `mergedBy` may take the sums over; the result is
 * then what it gives.
 */
export function conv2dMergedBy(
  x: Tensor,
  w: Tensor,
  bias: Tensor | undefined,
  options: Conv2dOptions,
  mergedBy: Finish['mergedBy'],
): Tensor {
  checkDType('conv2d', 'x', x, 'f32', 'f16');
  checkDType('conv2d', 'w', w, 'f32', 'f16');
  checkConvOptions('conv2d', options);
  checkActivation('conv2d', options.activation);
  return convolved(x, w, bias, options, mergedBy);
}

/** The convolution of checked tensors. A geometry has the fields of the options, so gradients pass theirs. */
function convolved(
  x: Tensor,
  w: Tensor,
  bias: Tensor | undefined,
  options: Conv2dOptions,
  mergedBy?: Finish['mergedBy'],
): Tensor {
  if (isCastNow(x)) return convolved(cast(x, 'f16'), w, bias, options, mergedBy);
  if (x.dtype === 'f32' && w.dtype === 'f16') return convolved(x, cast(w, 'f32'), bias, options, mergedBy);
  const { activation } = options;
  const g = convGeometry('conv2d', x.shape, w.shape, options);
  if (bias !== undefined) checkBias('conv2d', bias, g.channelsOut);
  const [left, right] = operandsOf('conv2d', x, w);
  const shift = bias && cast(bias.detach(), 'f32');
  const out =
    g.groups === 1
      ? convForward(g, left, right, { bias: shift, activation, mergedBy })
      : groupedForward(g, left, right, { bias: shift, activation });
  return track('conv2d', out, bias ? [x, w, bias] : [x, w], (g0, needs) => {
    const dy = activationGradient(activation, g0, out);
    return [
      needs[0] ? conv2dInputGrad(dy, w, g) : undefined,
      needs[1] ? conv2dWeightGrad(x, dy, g, gemmType(w)) : undefined,
      needs[2] && bias ? biasGradient(dy, bias.dtype) : undefined,
    ];
  });
}

function checkBias(op: string, bias: Tensor, channels: number): void {
  checkDType(op, 'bias', bias, 'f32', 'f16');
  checkShape(op, 'bias', bias.shape, [channels], 'One value per channel of the result');
}

/**
 * The gradient of a convolution with respect to its input x, in the type of dy. It is an op with gradients of its own:
 * linear in dy and in w.
 *
 * Its kernels compute zero padding only. For reflected and replicated padding they give the gradient of the padded
 * image, and `pad2dAdjoint` adds the gradient of each padded pixel to the pixel that it was read from.
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
  const [left, right] = operandsOf('conv2dInputGrad', dy, w);
  const out = g.groups === 1 ? convInputGrad(plain, left, right) : groupedInputGrad(plain, left, right);
  return track('conv2dInputGrad', out, [dy, w], (h, needs) => [
    needs[0] ? convolved(h, w, undefined, plain) : undefined,
    needs[1] ? conv2dWeightGrad(h, dy, plain, gemmType(w)) : undefined,
  ]);
}

/**
 * The gradient of a convolution with respect to its weight, in the type `result`. It is an op with gradients of its
 * own: linear in x and in dy.
 */
export function conv2dWeightGrad(x: Tensor, dy: Tensor, g: ConvGeometry, result: GemmType): Tensor {
  const [left, right] = operandsOf('conv2dWeightGrad', x, dy);
  const out = g.groups === 1 ? convWeightGrad(g, left, right, result) : groupedWeightGrad(g, left, right, result);
  return track('conv2dWeightGrad', out, [x, dy], (h, needs) => [
    needs[0] ? conv2dInputGrad(dy, h, g) : undefined,
    needs[1] ? convolved(x, h, undefined, g) : undefined,
  ]);
}

export interface ConvTranspose2dOptions {
  /** Step between the windows in the result. Default 1. */
  readonly stride?: number;
  /** Pixels taken off each side of the result. Default 0. */
  readonly padding?: number;
  /** Channels fall into this many groups, each convolved alone. Default 1. */
  readonly groups?: number;
}

const TRANSPOSE_OPTIONS: OptionKeys<ConvTranspose2dOptions> = { stride: true, padding: true, groups: true };

/**
 * Transposed 2-D convolution: the input gradient of the convolution with the same weight, plus a bias.
 *
 * Shapes: x [N, H, W, Ci], w [kh, kw, Co / groups, Ci], bias [Co] → [N, (H − 1)·stride − 2·padding + kh, …, Co], in the
 * type of x.
 *
 * @throws ArgumentError if a tensor is not f32 or f16, if a shape does not fit, or if an option is unknown, out of
 * range, or leaves no pixels.
 */
export function convTranspose2d(x: Tensor, w: Tensor, bias?: Tensor, options: ConvTranspose2dOptions = {}): Tensor {
  checkOptions('convTranspose2d', options, TRANSPOSE_OPTIONS, MISSING_CONV_OPTIONS);
  checkSteps('convTranspose2d', options);
  const { stride = 1, padding = 0, groups = 1 } = options;
  checkDType('convTranspose2d', 'x', x, 'f32', 'f16');
  checkDType('convTranspose2d', 'w', w, 'f32', 'f16');
  if (isCastNow(x)) return convTranspose2d(cast(x, 'f16'), w, bias, options);
  checkShape('convTranspose2d', 'x', x.shape, [null, null, null, null], 'Images are [batch, height, width, channels]');
  const [batch, height, width, channelsIn] = x.shape as [number, number, number, number];
  const layout = 'The layout is [kh, kw, channels out / groups, channels in]';
  checkShape('convTranspose2d', 'w', w.shape, [null, null, null, channelsIn], layout);
  const channelsOut = w.dim(2) * groups;
  if (bias !== undefined) checkBias('convTranspose2d', bias, channelsOut);
  const grow = (extent: number, kernel: number) => (extent - 1) * stride - 2 * padding + kernel;
  const result: Shape = [batch, grow(height, w.dim(0)), grow(width, w.dim(1)), channelsOut];
  if (result.some((extent) => extent < 1))
    throw new ArgumentError(
      'convTranspose2d',
      'padding',
      String(padding),
      'one that leaves pixels',
      `The result would be ${showShape(result)}`,
    );
  const g = convGeometry('convTranspose2d', result, w.shape, { stride, padding, groups });
  const y = conv2dInputGrad(x, w, g);
  return bias ? y.add(cast(bias, y.dtype)) : y;
}
