import { ArgumentError, showValue } from '@visage/gpu';
import { checkShape, showShape } from '../core/shape.ts';
import { checkTensor, type Tensor } from '../core/tensor.ts';
import { reshape } from '../elementwise/reshape.ts';
import { permute } from '../elementwise/shape.ts';

/**
 * Moves channels into space: out[n, h·r + i, w·r + j, c] = x[n, h, w, c·r² + i·r + j] with r = `factor`. Shi et al.
 * 2016.
 *
 * x [n, h, w, c·r²] → [n, h·r, w·r, c]. The channel order is PyTorch's.
 *
 * @throws ArgumentError unless x are images whose channels divide by factor².
 */
export function pixelShuffle(x: Tensor, factor: number): Tensor {
  checkTensor('pixelShuffle', 'x', x);
  checkShape('pixelShuffle', 'x', x.shape, [null, null, null, null], 'Images are [batch, height, width, channels]');
  const [n, h, w, channels] = x.shape as [number, number, number, number];
  const c = channels / factor ** 2;
  if (!Number.isInteger(factor) || factor < 1 || !Number.isInteger(c)) {
    throw new ArgumentError(
      'pixelShuffle',
      'factor',
      showValue(factor),
      `an integer whose square divides the channels of ${showShape(x.shape)}`,
    );
  }
  const split = permute(reshape(x, [n, h, w, c, factor, factor]), [0, 1, 4, 2, 5, 3]);
  return reshape(split, [n, h * factor, w * factor, c]);
}
