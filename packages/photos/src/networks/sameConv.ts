import { type Activation, conv2d, padZero, type Tensor } from '@visage/tensor';

/** How {@link sameConv} convolves. */
export interface SameConvOptions {
  readonly stride?: number;
  readonly groups?: number;
  readonly activation?: Activation;
}

/**
 * A convolution with TensorFlow's padding "same": ⌈H / stride⌉ rows remain, and where the padding is odd, the larger
 * half lies below and to the right. PyTorch, and conv2d here, pad both sides alike.
 */
export function sameConv(x: Tensor, w: Tensor, bias: Tensor | undefined, options: SameConvOptions = {}): Tensor {
  const { stride = 1 } = options;
  const kernel = w.dim(0);
  const [top, bottom] = samePadding(x.dim(1), kernel, stride);
  const [left, right] = samePadding(x.dim(2), kernel, stride);
  if (top === bottom && left === right && top === left) return conv2d(x, w, bias, { ...options, padding: top });
  return conv2d(padZero(padZero(x, 1, top, bottom), 2, left, right), w, bias, options);
}

/** The zeros before and after an axis. */
function samePadding(extent: number, kernel: number, stride: number): readonly [before: number, after: number] {
  const all = Math.max(0, (Math.ceil(extent / stride) - 1) * stride + kernel - extent);
  return [Math.floor(all / 2), Math.ceil(all / 2)];
}
