import { VisageError } from './errors.ts';
import type { Gpu } from './gpu.ts';

let current: Gpu | undefined;

/** Makes `gpu` the device on which new tensors are made. */
export function useGpu(gpu: Gpu): Gpu {
  current = gpu;
  return gpu;
}

/** The device on which new tensors are made. */
export function currentGpu(): Gpu {
  if (!current)
    throw new VisageError(
      'no device yet: call `useGpu(await openGpu(navigator.gpu))`, or in Node `await startGpu()` from @visage/gpu/node',
    );
  return current;
}
