import { DynamicScope } from '../core/dynamicScope.ts';
import { VisageError } from '../core/errors.ts';
import type { Gpu } from './gpu.ts';

const current = new DynamicScope<Gpu | undefined>(undefined);

/** Makes `gpu` the current device, on which new tensors are made, and returns it. */
export function useGpu(gpu: Gpu): Gpu {
  current.value = gpu;
  return gpu;
}

/**
 * The current device, on which new tensors are made.
 *
 * @throws VisageError if there is none yet.
 */
export function currentGpu(): Gpu {
  if (!current.value)
    throw new VisageError(
      'no device yet: call `useGpu(await openGpu(navigator.gpu))`, or in Node `await startGpu()` from @visage/gpu/node',
    );
  return current.value;
}

/**
 * Runs `fn`, which must not be async, with `gpu` as the current device. A network that is built in `fn`, for example,
 * lies on `gpu`.
 *
 * @throws VisageError if `fn` is async.
 */
export const onGpu = <T>(gpu: Gpu, fn: () => T): T => current.run('onGpu', gpu, fn);
