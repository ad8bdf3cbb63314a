/** @file Transfers in which the host reads and writes memory that the device copies from and to, without a copy. */
import { ArgumentError, VisageError } from '../core/errors.ts';
import type { GpuBuffer } from '../memory/buffer.ts';
import type { Gpu } from './gpu.ts';

/**
 * Calls `use` with the content of a buffer, after everything that was issued before, in the memory that the device
 * copied it to.
 *
 * The bytes are valid until `use` returns or, if it is async, until its promise settles; after that every view of them
 * has length 0. Writing to them changes nothing on the device.
 *
 * @returns what `use` returns.
 * @throws VisageError as {@link Gpu.read} does, and what `use` throws.
 */
export async function readInPlace<T>(
  gpu: Gpu,
  buffer: GpuBuffer,
  use: (bytes: Uint8Array<ArrayBuffer>) => T | Promise<T>,
): Promise<T> {
  gpu.checkReadable('readInPlace', buffer);
  return gpu.transfers.view(buffer, (mapped) => use(new Uint8Array(mapped)));
}

/**
 * Overwrites a whole buffer with the bytes that `fill` writes into memory that the device copies from. `fill` must
 * write every byte, because they hold what an earlier transfer left.
 *
 * The bytes are valid until `fill` returns or, if it is async, until its promise settles; after that every view of them
 * has length 0. Launches that are issued before the returned promise resolves may see the old content, later ones see
 * the new one. If `fill` throws, the buffer stays as it is.
 *
 * @returns what `fill` returns.
 * @throws VisageError as {@link Gpu.write} does, and what `fill` throws.
 */
export async function writeInPlace<T>(
  gpu: Gpu,
  buffer: GpuBuffer,
  fill: (bytes: Uint8Array<ArrayBuffer>) => T | Promise<T>,
): Promise<T> {
  gpu.checkWritable('writeInPlace', buffer);
  if (gpu.tracing) throw new VisageError('writeInPlace: a traced step cannot wait; use upload() or write() there');
  return gpu.transfers.fill(
    buffer,
    (mapped) => fill(new Uint8Array(mapped)),
    () => {
      gpu.checkWritable('writeInPlace', buffer); // it may have been released meanwhile
      gpu.overwritten(buffer, true);
    },
  );
}

/**
 * Gives the memory of an array that {@link Gpu.read} returned, or that was read otherwise, back for the next readback
 * of the same size, which is then several times faster. The array is detached: whoever still has it sees no bytes.
 *
 * @throws ArgumentError unless it is an ArrayBuffer.
 */
export function recycle(gpu: Gpu, array: ArrayBuffer): void {
  if (!(array instanceof ArrayBuffer))
    throw new ArgumentError('recycle', 'array', typeof array, 'an ArrayBuffer', 'Give values.buffer');
  gpu.transfers.recycle(array);
}

/**
 * Waits until at most `bytes` bytes of uploads are on their way to the device. A loop that uploads without reading
 * anything calls it, so that its memory stays bounded.
 *
 * @param bytes default: 64 MiB.
 * @throws as {@link Gpu.check} does.
 */
export async function uploadRoom(gpu: Gpu, bytes: number = 64 * 2 ** 20): Promise<void> {
  await gpu.transfers.uploads.room(bytes);
  gpu.check();
}
