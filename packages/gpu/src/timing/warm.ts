/** @file Brings a GPU to its full clock before a measurement. */
import type { Gpu } from '../device/gpu.ts';

/**
 * Milliseconds of uninterrupted work after which a GPU is assumed to run at its full clock.
 *
 * On an NVIDIA H200 (2026-11-22) the clock falls from 1980 to 345 MHz after somewhat more than a second without work,
 * and rises again within some 300 ms of work. Until then, measured times are up to five times too long. To compile
 * kernels or to read results before a measurement leaves the GPU idle for so long.
 */
export const WARM_MS = 400;

/**
 * A pause after which the clock is still high. On that H200 any pause below a second is; half a second leaves a margin
 * for other devices.
 */
const HARMLESS_PAUSE_MS = 500;
/**
 * How long a submission takes: long enough for the host to encode the next one meanwhile, short enough for a browser's
 * watchdog.
 */
const PORTION_MS = 10;
const MOST_REPEATS = 4096;

/** When the last measurement on each device ended, by `performance.now()`. */
const lastBusy = new WeakMap<Gpu, number>();

/** Notes that the device has worked until now, so that a measurement within the next half second needs no warm-up. */
export function stayedBusy(gpu: Gpu): void {
  lastBusy.set(gpu, performance.now());
}

/**
 * Brings the device to its full clock: repeats `work`, which launches kernels and may be async, until `warmMs`
 * milliseconds have passed.
 *
 * Two portions of some 10 ms each are in flight at a time. On a software adapter, or if a measurement on this device
 * ended within the last half second, nothing is run. Call it right before the measurement. The kernels of `work` must
 * have run before, because the device is idle while they are compiled.
 *
 * @returns whether `work` was run.
 */
export async function warmUp(gpu: Gpu, work: () => unknown, warmMs: number = WARM_MS): Promise<boolean> {
  const start = performance.now();
  const rested = start - (lastBusy.get(gpu) ?? Number.NEGATIVE_INFINITY) > HARMLESS_PAUSE_MS;
  if (gpu.adapter.software || warmMs <= 0 || !rested) return false;
  const issue = async (repeats: number) => {
    for (let k = 0; k < repeats; k++) await work();
    gpu.flush();
    return { done: gpu.device.queue.onSubmittedWorkDone() };
  };
  let repeats = 1;
  let running = await issue(repeats);
  for (let now = start, before = start; now - start < warmMs; before = now) {
    const next = await issue(repeats);
    await running.done;
    running = next;
    now = performance.now();
    if (now - before < PORTION_MS) repeats = Math.min(MOST_REPEATS, 2 * repeats);
  }
  await gpu.sync();
  stayedBusy(gpu);
  return true;
}
