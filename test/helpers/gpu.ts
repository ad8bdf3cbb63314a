import type { Gpu } from '@visage/gpu';
import { type NodeGpuOptions, startGpu } from '@visage/gpu/node';
import { type Context, suite, type Test } from 'uvu';

export interface GpuSuite {
  readonly test: Test<Context>;
  readonly gpu: Gpu;
}

/**
 * A uvu suite with a device: one per test file, destroyed after the last test. Call `test.run()` at the end of the
 * file.
 *
 * Every test must leave nothing behind that it does not own: after the last one all work is awaited, so that a
 * validation error in a kernel that nobody read fails the suite too. Kernels are chosen by their fixed order, whatever
 * was measured on this machine.
 */
export async function gpuSuite(name: string, options: NodeGpuOptions = { deterministic: true }): Promise<GpuSuite> {
  const gpu = await startGpu(options);
  const test = suite(name);
  test.after(async () => {
    await gpu.sync();
    gpu.destroy();
  });
  return { test, gpu };
}
