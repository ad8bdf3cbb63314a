/** @file Copies between the host and device buffers. */
import { ValidationError, VisageError } from '../core/errors.ts';
import type { GpuBuffer } from '../memory/buffer.ts';
import type { BufferPool } from '../memory/pool.ts';
import type { CommandStream } from './stream.ts';

/** The device and what {@link writeBytes} and {@link readBuffer} use of it. */
interface Transfer {
  readonly device: GPUDevice;
  readonly stream: CommandStream;
  readonly pool: BufferPool;
}

/**
 * Overwrites the beginning of a buffer that has memory, in queue order. WebGPU writes whole words, so the last one is
 * padded with zeros.
 */
export function writeBytes({ device, pool }: Transfer, buffer: GpuBuffer, data: ArrayBufferView): void {
  const { resource, offset } = buffer;
  if (!resource) return;
  const isNew = pool.isNew(resource);
  // If the allocation failed, it reports that itself. The validation errors that follow from it here are dropped.
  if (isNew) device.pushErrorScope('validation');
  const whole = data.byteLength - (data.byteLength % 4);
  device.queue.writeBuffer(resource, offset, data.buffer, data.byteOffset, whole);
  if (whole < data.byteLength) {
    const tail = new Uint8Array(4);
    tail.set(new Uint8Array(data.buffer, data.byteOffset + whole, data.byteLength - whole));
    device.queue.writeBuffer(resource, offset + whole, tail);
  }
  if (isNew) device.popErrorScope().catch(() => undefined); // a lost device rejects
}

/** A copy of a buffer that the host can read. */
class Staging {
  readonly #device: GPUDevice;
  #buffer: GPUBuffer | undefined;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Encodes the copy. */
  copy(encoder: GPUCommandEncoder, { resource, offset, bytes }: GpuBuffer): void {
    this.#buffer = this.#device.createBuffer({ size: bytes, usage: 0x01 | 0x08 }); // MAP_READ | COPY_DST
    encoder.copyBufferToBuffer(resource as GPUBuffer, offset, this.#buffer, 0, bytes);
  }

  /**
   * Waits for the copy and returns it. To be called once, after the commands of {@link Staging.copy} were submitted.
   */
  async contents(): Promise<ArrayBuffer> {
    const buffer = this.#buffer as GPUBuffer;
    try {
      await buffer.mapAsync(1); // READ
    } catch (cause) {
      // A lost device rejects the mapping first and reports its loss a little later.
      await Promise.race([this.#device.lost, new Promise((resolve) => setTimeout(resolve, 100))]);
      throw cause;
    }
    const copy = buffer.getMappedRange().slice(0);
    buffer.destroy();
    return copy;
  }
}

/** What came of reading a buffer. */
export interface Readback {
  /** The bytes, or why they could not be copied. */
  readonly copy: ArrayBuffer | VisageError;
  /** The failure of a launch that the content depends on. */
  readonly failure: VisageError | undefined;
}

/**
 * Copies a buffer that has memory to the host, behind everything that was submitted, and waits until the device has
 * reported on all of that.
 */
export async function readBuffer({ device, stream, pool }: Transfer, buffer: GpuBuffer): Promise<Readback> {
  const memory = buffer.resource as GPUBuffer;
  let failure: VisageError | undefined;
  const staging = new Staging(device);
  stream.submit(
    (encoder) => staging.copy(encoder, buffer),
    (refused) => {
      failure = refused ?? buffer.failure;
    },
    (message) => pool.failureOf(memory) ?? new ValidationError(`read: ${message}`),
  );
  const { settled } = stream;
  const copy = await staging.contents().catch((cause) => new VisageError(`read: ${String(cause)}`));
  await settled;
  return { copy, failure };
}
