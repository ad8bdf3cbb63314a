/** @file Bytes on their way between the host and a device buffer. */
import type { GpuBuffer } from '../memory/buffer.ts';

/** Overwrites the bytes of a buffer from `offset` on, in queue order; the last word is filled up with zeros. */
export function writeBytes(queue: GPUQueue, to: GPUBuffer, offset: number, data: ArrayBufferView): void {
  const whole = data.byteLength - (data.byteLength % 4);
  queue.writeBuffer(to, offset, data.buffer, data.byteOffset, whole);
  if (whole === data.byteLength) return;
  const tail = new Uint8Array(4);
  tail.set(new Uint8Array(data.buffer, data.byteOffset + whole, data.byteLength - whole));
  queue.writeBuffer(to, offset + whole, tail);
}

/** A copy of a buffer that the host can read. */
export class Staging {
  readonly #device: GPUDevice;
  #buffer: GPUBuffer | undefined;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Encodes the copy; it is there once the encoder's commands were submitted. */
  copy(encoder: GPUCommandEncoder, { resource, offset, bytes }: GpuBuffer): void {
    this.#buffer = this.#device.createBuffer({ size: bytes, usage: 0x01 | 0x08 }); // MAP_READ | COPY_DST
    encoder.copyBufferToBuffer(resource as GPUBuffer, offset, this.#buffer, 0, bytes);
  }

  /** Waits for the copy and returns it; to be called once, after {@link Staging.copy}. */
  async contents(): Promise<ArrayBuffer> {
    const buffer = this.#buffer as GPUBuffer;
    try {
      await buffer.mapAsync(1); // READ
    } catch (cause) {
      // A lost device refuses the mapping before it says that it is lost.
      await Promise.race([this.#device.lost, new Promise((resolve) => setTimeout(resolve, 100))]);
      throw cause;
    }
    const copy = buffer.getMappedRange().slice(0);
    buffer.destroy();
    return copy;
  }
}
