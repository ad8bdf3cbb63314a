/** @file Faces on the host, and the batches in which a device takes them. */
import { currentGpu, type Gpu } from '@visage/gpu';
import { scope, type Tensor, tensor } from '@visage/tensor';

const BATCH = 16; // faces per launch: bounds the memory of a measurement
const CHANNELS = 128; // the most channels of any full-resolution feature map in these networks

/**
 * The number of faces of a size that a network is given at once. It is limited so that the largest feature map fits
 * into one buffer of the device; some devices allow only 128 MiB.
 */
export function facesAtOnce(imageSize: number): number {
  const { maxStorageBufferBindingSize, maxBufferSize } = currentGpu().device.limits;
  const fitting = Math.floor(Math.min(maxStorageBufferBindingSize, maxBufferSize) / (imageSize ** 2 * CHANNELS * 4));
  return Math.max(1, Math.min(BATCH, fitting));
}

/** Uploads images `from` to `to` − 1 of a host array as a batch [to − from, size, size, 3]. */
export const upload = (all: Float32Array, size: number, from: number, to: number, gpu?: Gpu): Tensor => {
  const pixels = size * size * 3;
  return tensor(all.subarray(from * pixels, to * pixels), [to - from, size, size, 3], { gpu });
};

/** Computes `count` rows in batches, reads each batch back and concatenates them on the host. */
export async function inBatches(
  count: number,
  compute: (from: number, to: number) => Tensor,
  batch = BATCH,
): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  for (let from = 0; from < count; from += batch) {
    const part = scope(() => compute(from, Math.min(count, from + batch)));
    parts.push(await part.floats());
    part.dispose();
  }
  return joined(parts);
}

/** The values of several arrays, one after the other. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
