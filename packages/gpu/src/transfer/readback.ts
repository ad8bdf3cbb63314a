/** @file Copies from device buffers to the host. */
import { ValidationError, VisageError } from '../core/errors.ts';
import type { Faults } from '../launch/faults.ts';
import type { CommandStream } from '../launch/stream.ts';
import type { GpuBuffer } from '../memory/buffer.ts';
import type { BufferPool } from '../memory/pool.ts';
import type { Stagings } from './stagings.ts';

/** What {@link readback} uses of a device. */
export interface ReadbackParts {
  readonly device: GPUDevice;
  readonly stream: CommandStream;
  readonly pool: BufferPool;
  readonly faults: Faults;
  readonly stagings: Stagings;
}

const LOSS_MS = 100; // a lost device rejects a mapping first and reports its loss a little later

/**
 * Copies a buffer that has memory into a staging, behind everything that was issued, waits until the device has
 * reported on all of that, and calls `use` with the mapped bytes. When `use` is done they are unmapped, which empties
 * every view of them.
 *
 * @throws what a launch failed with that the content depends on, and what `use` throws.
 */
export async function readback<T>(
  { device, stream, pool, faults, stagings }: ReadbackParts,
  buffer: GpuBuffer,
  use: (mapped: ArrayBuffer) => T | Promise<T>,
): Promise<T> {
  const memory = buffer.resource as GPUBuffer;
  const { bytes, offset } = buffer;
  let failure: VisageError | undefined;
  let staging = stagings.take(bytes);
  // Memory that the device may not have is in a submission without launches, which would fail with it.
  if (!staging || pool.isNew(memory)) stream.flush();
  stream.flushWith(
    (encoder) => {
      staging ??= stagings.make(bytes);
      encoder.copyBufferToBuffer(memory, offset, staging, 0, bytes);
    },
    (refused) => {
      failure = refused ?? buffer.failure;
    },
    (message) => pool.failureOf(memory) ?? new ValidationError(`read: ${message}`),
  );
  const { settled } = stream;
  const done = stream.awaited();
  const taken = staging as unknown as GPUBuffer;
  const problem = await taken.mapAsync(1, 0, bytes).then(
    () => undefined,
    async (cause: unknown) => {
      await Promise.race([device.lost, new Promise((resolve) => setTimeout(resolve, LOSS_MS))]);
      return new VisageError(`read: ${String(cause)}`);
    },
  );
  done();
  await settled;
  try {
    faults.checkLost();
    if (failure) throw faults.reported(failure);
    if (problem) throw problem;
    return await use(taken.getMappedRange(0, bytes));
  } finally {
    if (problem || faults.lost) stagings.drop(taken);
    else {
      taken.unmap();
      stagings.give(taken);
    }
  }
}
