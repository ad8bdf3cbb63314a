import { photosToBytes } from '@visage/kernels';
import type { Tensor } from '@visage/tensor';
import { checkDType, checkShape, empty } from '@visage/tensor/kernels';
import { PIXEL_BYTES } from '../core/picture.ts';

/**
 * Crops [N, size, size, 3], RGB in [0, 1], as packed bytes: u32 [N, size, size], red the lowest byte, alpha 255. The
 * nearest byte is taken; values outside of [0, 1] count as its ends.
 *
 * @throws ArgumentError for other shapes and types.
 */
export function cropBytes(crops: Tensor): Tensor {
  checkDType('cropBytes', 'crops', crops, 'f32');
  const size = crops.shape[1] ?? 1;
  checkShape('cropBytes', 'crops', crops.shape, [null, size, size, 3], 'square RGB pictures');
  const count = crops.dim(0);
  const out = empty(crops.gpu, [count, size, size], 'u32');
  crops.gpu.dispatch({
    program: { name: 'photos/toBytes', parts: [photosToBytes], constants: { SIZE: size } },
    buffers: [out.buffer, crops.buffer],
    grid: [Math.ceil(size / 8), Math.ceil(size / 8), count],
    replaces: true,
  });
  return out;
}

/** Reads crops back as the bytes of {@link cropBytes}: for each crop size² pixels in memory of its own. */
export async function readCropBytes(crops: Tensor): Promise<Uint8Array<ArrayBuffer>[]> {
  const packed = cropBytes(crops);
  const words = await packed.data().finally(() => packed.dispose());
  const [count, size] = crops.shape as readonly [number, number];
  const length = PIXEL_BYTES * size * size;
  const bytes = new Uint8Array(words.buffer as ArrayBuffer, words.byteOffset, words.byteLength);
  return Array.from({ length: count }, (_, k) => bytes.slice(k * length, (k + 1) * length));
}
