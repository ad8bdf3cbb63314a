/** @file Counts what a test submits to a device. */
import type { Gpu } from '@visage/gpu';

/** How many submits a device takes while `fn` runs. */
export async function submitsOf(gpu: Gpu, fn: () => Promise<unknown>): Promise<number> {
  const { queue } = gpu.device;
  const submit = queue.submit;
  let count = 0;
  queue.submit = (buffers) => {
    count++;
    return submit.call(queue, buffers);
  };
  try {
    await fn();
  } finally {
    queue.submit = submit;
  }
  return count;
}
