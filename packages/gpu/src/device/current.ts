import { DynamicScope } from '../core/dynamicScope.ts';
import { VisageError } from '../core/errors.ts';
import type { Gpu } from './gpu.ts';

const current = new DynamicScope<Gpu | undefined>(undefined);

/** Makes `gpu` the device on which new tensors are made. */
export function useGpu(gpu: Gpu): Gpu {
  current.value = gpu;
  return gpu;
}

/** The device on which new tensors are made. */
export function currentGpu(): Gpu {
  if (!current.value)
    throw new VisageError(
      'no device yet: call `useGpu(await openGpu(navigator.gpu))`, or in Node `await startGpu()` from @visage/gpu/node',
    );
  return current.value;
}

/** Runs `fn`, which must not be async, with `gpu` as the device on which new tensors are made: a network built in it lies there. */
export const onGpu = <T>(gpu: Gpu, fn: () => T): T => current.run('onGpu', gpu, fn);
