/** @file Full clocks before a measurement. */
import type { Gpu } from '../device/gpu.ts';

/**
 * Milliseconds of uninterrupted work after which a GPU is taken to run at its full clock.
 *
 * Read on an NVIDIA H200 on 2026-11-22: after somewhat more than a second without work its clock falls from 1980 to 345 MHz, and it takes
 * some 300 ms of work to come back; meanwhile everything reads up to five times too slow. Compiling or reading back before a measurement
 * is such a pause.
 */
export const WARM_MS = 400;

/** Pauses that cost no clock: on that H200 anything below a second. Half of it leaves room for other devices. */
const HARMLESS_PAUSE_MS = 500;
/** Work that is in flight while the next is issued: long enough that the host keeps ahead, short enough for a browser's watchdog. */
const PORTION_MS = 10;
const MOST_REPEATS = 4096;

/** When the work that was measured last on a device ended, by `performance.now()`. */
const lastBusy = new WeakMap<Gpu, number>();

/** Notes that the device worked until now: a measurement that follows at once needs no warm-up. */
export function stayedBusy(gpu: Gpu): void {
  lastBusy.set(gpu, performance.now());
}

/**
 * Brings the device to its full clock by repeating `work`, which issues some work and may be async, until `warmMs` have passed.
 *
 * Two portions are in flight at a time, each of `work` as often as takes some 10 ms. Nothing happens on a software adapter, and when a
 * measurement ended on this device within the last half second. Call it as the last thing before the clock is read; what `work` launches must
 * have run before, because compiling is a pause.
 *
 * @returns whether the work was run.
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
