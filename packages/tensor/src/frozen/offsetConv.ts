/** @file A convolution with a bias for each channel or an offset for each value of its result. */
import { ArgumentError, checkOptions, type OptionKeys, showValue } from '@visage/gpu';
import { conv2d } from '../conv/conv2d.ts';
import { type Conv2dOptions, checkConvOptions } from '../conv/geometry.ts';
import { checkFloat } from '../core/storage.ts';
import type { Tensor } from '../core/tensor.ts';
import { add } from '../elementwise/arithmetic.ts';
import { cast } from '../elementwise/cast.ts';
import { addPrelu, prelu } from '../elementwise/unary.ts';

/**
 * A convolution: weight [kh, kw, ci, co] and what is added to its result, a bias [co] or an offset [1, H', W', co]. All
 * f32.
 */
export interface OffsetConv {
  readonly weight: Tensor;
  readonly offset: Tensor;
  readonly options?: Omit<Conv2dOptions, 'activation'>;
}

const PARTS: OptionKeys<OffsetConv> = { weight: true, offset: true, options: true };

/**
 * @throws ArgumentError unless `conv` has the parts of an {@link OffsetConv}; the error names `op` and an argument that
 * begins with `name`.
 */
export function checkOffsetConv(op: string, name: string, conv: OffsetConv): void {
  checkOptions(op, conv, PARTS);
  checkFloat(op, `${name}weight`, conv.weight);
  checkFloat(op, `${name}offset`, conv.offset);
  const { options = {} } = conv;
  checkConvOptions(op, options);
  if ('activation' in options && options.activation !== undefined)
    throw new ArgumentError(op, `${name}options.activation`, showValue(options.activation), 'none', 'Give a slope');
}

/**
 * y = x ⋆ weight + offset, then a PReLU if there is a slope, [1] or [co].
 *
 * x [n, h, w, ci] → [n, H', W', co], in the type that {@link conv2d} gives.
 *
 * @throws ArgumentError if a part is missing or unknown, if a tensor is no float, or if a shape does not fit.
 */
export function offsetConv(x: Tensor, conv: OffsetConv, slope?: Tensor): Tensor {
  checkFloat('offsetConv', 'x', x);
  checkOffsetConv('offsetConv', '', conv);
  if (slope !== undefined) checkFloat('offsetConv', 'slope', slope);
  const { weight, offset, options } = conv;
  if (offset.rank === 1) {
    const y = conv2d(x, weight, offset, options);
    return slope ? prelu(y, slope) : y;
  }
  const y = conv2d(x, weight, undefined, options);
  return slope ? addPrelu(y, offset, slope) : add(y, cast(offset, y.dtype));
}
