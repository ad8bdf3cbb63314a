import { ArgumentError, VisageError } from '../core/errors.ts';
import { GpuBuffer } from '../memory/buffer.ts';
import type { Gpu } from './gpu.ts';

/**
 * Packed buffers begin at multiples of so many bytes. A binding may begin at multiples of 256 (WebGPU's default limit),
 * and in an f16 copy of f32 tensors, packed alike, each offset is half as large.
 */
const SPACING = 512;

/** The bytes that a buffer of `bytes` bytes takes in a packed one. */
export const packedBytes = (bytes: number): number => Math.ceil(bytes / SPACING) * SPACING;

/**
 * Packs buffers, in order, into as few device buffers as the largest binding allows, so that one launch can change all
 * of them. Buffers without memory get zeros.
 *
 * The buffers keep their values and may be used as before, also by recorded steps, with one exception: no launch may
 * read one of them and write another. Buffers that are packed already, or whose memory a step owns, are not moved.
 *
 * @throws VisageError while a step is being traced, ArgumentError if a buffer lies on another device.
 */
export function packBuffers(gpu: Gpu, buffers: readonly GpuBuffer[]): void {
  if (gpu.tracing)
    throw new VisageError(
      'a traced step places its buffers itself: make optimizers and moving averages before record()',
    );
  const elsewhere = buffers.find(({ home }) => home !== undefined && home !== gpu);
  if (elsewhere)
    throw new ArgumentError(
      'packBuffers',
      'buffers',
      `one on ${elsewhere.home?.name}`,
      `all on ${gpu.name}`,
      'Tensors of one optimizer or moving average lie on one device',
    );
  const free = [...new Set(buffers)].filter((buffer) => buffer.whole === buffer && !buffer.ownedByStep);
  const { maxStorageBufferBindingSize, maxBufferSize } = gpu.device.limits;
  const limit = Math.min(maxStorageBufferBindingSize, maxBufferSize);
  let group: GpuBuffer[] = [];
  let bytes = 0;
  for (const buffer of free) {
    if (bytes + packedBytes(buffer.bytes) > limit) {
      moveAll(gpu, group, bytes);
      group = [];
      bytes = 0;
    }
    group.push(buffer);
    bytes += packedBytes(buffer.bytes);
  }
  moveAll(gpu, group, bytes);
}

function moveAll(gpu: Gpu, buffers: readonly GpuBuffer[], bytes: number): void {
  if (buffers.length === 0) return;
  const memory = gpu.pool.take(bytes);
  const whole = new GpuBuffer(bytes, memory, gpu);
  gpu.flush();
  const left: GPUBuffer[] = [];
  const encode = (encoder: GPUCommandEncoder): void => {
    encoder.clearBuffer(memory);
    let offset = 0;
    for (const buffer of buffers) {
      const before = buffer.moveInto(whole, offset);
      if (before) {
        encoder.copyBufferToBuffer(before, 0, memory, offset, buffer.bytes);
        left.push(before);
      }
      offset += packedBytes(buffer.bytes);
    }
  };
  const spoil = (failure?: VisageError): void => {
    if (failure) whole.spoil(failure);
  };
  gpu.stream.submit(
    encode,
    spoil,
    (message) => gpu.pool.failureOf(memory) ?? new VisageError(`packBuffers: ${message}`),
  );
  gpu.moves++;
  // Not kept for reuse, because what is allocated next is packed too, and as large as all of them together.
  for (const before of left) gpu.pool.drop(before);
}
