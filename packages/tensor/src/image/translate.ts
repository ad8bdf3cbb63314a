import { i32, linearGrid } from '@visage/gpu';
import { imageTranslate } from '@visage/kernels';
import { track } from '../core/autograd.ts';
import { WORKGROUP } from '../core/passes.ts';
import { checkShape } from '../core/shape.ts';
import { checkFloat, enablesOf, floatTypeOf, stored } from '../core/storage.ts';
import { checkDType, empty, type Tensor } from '../core/tensor.ts';

/**
 * Moves each image of a batch by whole pixels: out[n, y, x] = images[n, y + shifts[n, 0], x + shifts[n, 1]], 0 where
 * that lies outside.
 *
 * images [N, H, W, C], shifts [N, 2] whole numbers → [N, H, W, C]. Shifts have no gradient.
 *
 * @throws ArgumentError unless images are f32 or f16 and there is one pair of shifts for each.
 */
export function translate(images: Tensor, shifts: Tensor): Tensor {
  checkFloat('translate', 'images', images);
  checkDType('translate', 'shifts', shifts, 'f32');
  checkShape(
    'translate',
    'images',
    images.shape,
    [null, null, null, null],
    'Images are [batch, height, width, channels]',
  );
  checkShape('translate', 'shifts', shifts.shape, [images.dim(0), 2], 'Rows and columns for each image');
  return moved(images, shifts.detach(), 1);
}

/** The move, or with sign −1 its opposite, which is the gradient. */
function moved(x: Tensor, shifts: Tensor, sign: 1 | -1): Tensor {
  const [, height, width, channels] = x.shape as [number, number, number, number];
  const vectorWidth = channels % 4 === 0 ? 4 : 1;
  const out = empty(x.gpu, x.shape, x.dtype);
  const size = x.size / vectorWidth;
  x.gpu.dispatch({
    program: {
      name: 'image/translate',
      enables: enablesOf(x.dtype),
      aliases: { S: stored(floatTypeOf(x), vectorWidth) },
      constants: { WG: WORKGROUP, H: height, W: width, GROUPS: channels / vectorWidth, SIZE: size, SIGN: i32(sign) },
      parts: [imageTranslate],
    },
    buffers: [out.buffer, x.buffer, shifts.buffer],
    grid: linearGrid(Math.ceil(size / WORKGROUP)),
  });
  return track('translate', out, [x], (g) => [moved(g, shifts, sign === 1 ? -1 : 1)]);
}
