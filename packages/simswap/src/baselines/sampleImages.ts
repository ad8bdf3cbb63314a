import { ArgumentError } from '@visage/gpu';
import { cast, clamp, gatherRows, mul, slice, sub, type Tensor, tensor } from '@visage/tensor';
import { checkShape, showShape } from '@visage/tensor/kernels';

/** Indices travel as f32 up to here, where integers stop being exact. */
const MOST_PIXELS = 2 ** 24;

/**
 * Looks images up at given positions, bilinearly; positions outside see the edge pixel again.
 *
 * out[n, y, x] = images[n] at row positions[n, y, x, 0] and column positions[n, y, x, 1], where pixel centres are whole numbers. Images [N, H, W, C],
 * positions [N, h, w, 2] → [N, h, w, C]. Made of ops, so gradients flow into the images and into the positions.
 *
 * @throws ArgumentError when the batch has more pixels than f32 can count, 2²⁴.
 */
export function sampleImages(images: Tensor, positions: Tensor): Tensor {
  checkShape(
    'sampleImages',
    'images',
    images.shape,
    [null, null, null, null],
    'Images are [batch, height, width, channels]',
  );
  const [batch, height, width, channels] = images.shape as [number, number, number, number];
  checkShape('sampleImages', 'positions', positions.shape, [batch, null, null, 2], 'Rows and columns of each pixel');
  const pixels = batch * height * width;
  if (pixels > MOST_PIXELS)
    throw new ArgumentError('sampleImages', 'images', showShape(images.shape), `at most ${MOST_PIXELS} pixels in all`);
  const [row, column] = [0, 1].map((k) => clamp(slice(positions, 3, k, k + 1), 0, [height, width][k]! - 1));
  const [above, before] = [row!, column!].map(wholePart) as [Tensor, Tensor];
  const [down, across] = [sub(row!, above), sub(column!, before)];
  const table = images.reshape([pixels, channels]);
  const first = tensor(
    Float32Array.from({ length: batch }, (_, n) => n * height * width),
    [batch, 1, 1, 1],
    { gpu: images.gpu },
  );
  const [y1, x1] = [clamp(above.add(1), 0, height - 1), clamp(before.add(1), 0, width - 1)];
  const look = (y: Tensor, x: Tensor): Tensor => {
    const index = cast(first.add(y.mul(width)).add(x), 'u32');
    return gatherRows(table, index.reshape([index.size])).reshape([...positions.shape.slice(0, 3), channels]);
  };
  const upper = mix(look(above, before), look(above, x1), across);
  const lower = mix(look(y1, before), look(y1, x1), across);
  return mix(upper, lower, down);
}

/** ⌊x⌋ of numbers that are not negative; flat, as floors are. */
const wholePart = (x: Tensor): Tensor => cast(cast(x.detach(), 'u32'), 'f32');

const mix = (a: Tensor, b: Tensor, share: Tensor): Tensor => a.add(mul(sub(b, a), share));
