/** @file Faces on the host, and the batches in which a device takes them. */
import { currentGpu, type Gpu } from '@visage/gpu';
import { ROWS_AT_ONCE } from '@visage/simswap';
import { type Tensor, tensor } from '@visage/tensor';

const CHANNELS = 128; // the most channels of any full-resolution feature map in these networks

/**
 * The number of faces of a size that a network is given at once. It is limited so that the largest feature map fits
 * into one buffer of the device; some devices allow only 128 MiB.
 */
export function facesAtOnce(imageSize: number): number {
  const { maxStorageBufferBindingSize, maxBufferSize } = currentGpu().device.limits;
  const fitting = Math.floor(Math.min(maxStorageBufferBindingSize, maxBufferSize) / (imageSize ** 2 * CHANNELS * 4));
  return Math.max(1, Math.min(ROWS_AT_ONCE, fitting));
}

/** Uploads images `from` to `to` − 1 of a host array as a batch [to − from, size, size, 3]. */
export const upload = (all: Float32Array, size: number, from: number, to: number, gpu?: Gpu): Tensor => {
  const pixels = size * size * 3;
  return tensor(all.subarray(from * pixels, to * pixels), [to - from, size, size, 3], { gpu });
};
