import { VisageError } from '../core/errors.ts';
import { refuseAsync } from '../core/refuseAsync.ts';
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

/** Runs `fn`, which must not be async, with `gpu` as the device on which new tensors are made: a network built in it lies there. */
export function onGpu<T>(gpu: Gpu, fn: () => T): T {
  const before = current;
  current = gpu;
  try {
    const result = fn();
    refuseAsync('onGpu', result);
    return result;
  } finally {
    current = before;
  }
}
