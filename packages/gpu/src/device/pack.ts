import { ArgumentError, VisageError } from '../core/errors.ts';
import { GpuBuffer } from '../memory/buffer.ts';
import type { Gpu } from './gpu.ts';

/**
 * Bytes between the beginnings of neighbours, or a multiple: a binding may begin at any of them, and so it may in a copy of the whole whose elements are half as
 * large.
 */
const SPACING = 512;

/** Bytes that a member takes of the whole: its own, filled up to {@link SPACING}. */
export const packedBytes = (bytes: number): number => Math.ceil(bytes / SPACING) * SPACING;

/**
 * Moves buffers side by side, in order, into as few as the device can bind, so that one launch can change them all. Those without memory get zeros.
 *
 * They stay what they are to everybody who holds them, recorded steps included, but for one thing: no launch may read one of them and write another.
 * Buffers that lie so already, or belong to a step, stay where they are.
 *
 * @throws VisageError while a step is being traced.
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
  // Not kept for reuse: what comes next is as large as all of them together.
  for (const before of left) gpu.pool.drop(before);
}
