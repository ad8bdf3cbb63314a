import type { Tensor } from '../tensor.ts';
import { add } from './arithmetic.ts';
import { cast } from './cast.ts';
import { conv2d } from './conv2d.ts';
import type { Conv2dOptions } from './convGeometry.ts';
import { addPrelu, prelu } from './unary.ts';

/** A convolution and what is added to its result: a bias [co], or an offset [1, H', W', co]. Both f32. */
export interface OffsetConv {
  readonly weight: Tensor;
  readonly offset: Tensor;
  readonly options?: Omit<Conv2dOptions, 'activation'>;
}

/** y = x ⋆ weight + offset, then a PReLU if there is a slope, [1] or [co]. x [n, h, w, ci] → [n, H', W', co], in the type that {@link conv2d} gives. */
export function offsetConv(x: Tensor, { weight, offset, options }: OffsetConv, slope?: Tensor): Tensor {
  if (offset.rank === 1) {
    const y = conv2d(x, weight, offset, options);
    return slope ? prelu(y, slope) : y;
  }
  const y = conv2d(x, weight, undefined, options);
  return slope ? addPrelu(y, offset, slope) : add(y, cast(offset, y.dtype));
}
