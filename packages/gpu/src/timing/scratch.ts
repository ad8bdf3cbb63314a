import type { Gpu } from '../device/gpu.ts';
import type { GpuBuffer } from '../memory/buffer.ts';

const CHUNK_WORDS = 2 ** 18;

/**
 * Words whose halves are f16 numbers with a magnitude of 0.5 to 1 and either sign. Read as f32 they have magnitudes of
 * 3e-5 to 8e-3. So kernels of both types can multiply and add them without overflow.
 */
function fillerWords(): Uint32Array {
  const words = new Uint32Array(CHUNK_WORDS);
  let state = 0x9e3779b9; // xorshift, because the numbers only have to differ
  for (let k = 0; k < words.length; k++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[k] = ((state & 0x83ff83ff) | 0x38003800) >>> 0;
  }
  return words;
}

let filler: Uint32Array | undefined;

/**
 * Runs `fn`, which may be async, while the buffers have other memory, filled with numbers. Afterwards they have their
 * own memory and content again.
 *
 * Benchmarks use it to launch a kernel of a traced step again after the memory of the step is gone, and without
 * overwriting weights.
 */
export async function lendScratch<T>(gpu: Gpu, buffers: readonly GpuBuffer[], fn: () => Promise<T>): Promise<T> {
  const lent = [...new Set(buffers)].map((buffer) => {
    const scratch = gpu.pool.take(buffer.bytes);
    return { scratch, putBack: buffer.lend(scratch) };
  });
  try {
    refillScratch(gpu, buffers);
    return await fn();
  } finally {
    for (const { scratch, putBack } of lent) {
      putBack();
      gpu.pool.give(scratch);
    }
  }
}

/** Fills the buffers of {@link lendScratch} with the same numbers again. */
export function refillScratch(gpu: Gpu, buffers: readonly GpuBuffer[]): void {
  filler ??= fillerWords();
  gpu.flush();
  for (const buffer of new Set(buffers)) {
    const { resource, bytes } = buffer;
    if (!resource) continue;
    const first = Math.min(bytes, filler.byteLength);
    gpu.device.queue.writeBuffer(resource, 0, filler, 0, first / 4);
    if (first === bytes) continue;
    // Uploads are slow, so the rest is copied on the device, through another buffer: WebGPU does not allow copies
    // within one.
    const source = gpu.device.createBuffer({ size: first, usage: 0x04 | 0x08 }); // COPY_SRC | COPY_DST
    const encoder = gpu.device.createCommandEncoder();
    encoder.copyBufferToBuffer(resource, 0, source, 0, first);
    for (let at = first; at < bytes; at += first)
      encoder.copyBufferToBuffer(source, 0, resource, at, Math.min(first, bytes - at));
    gpu.device.queue.submit([encoder.finish()]);
    source.destroy();
  }
}
