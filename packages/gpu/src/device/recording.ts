/** @file Recording a step on the device of its tensors, whichever that is. */

import { refuseAsync } from '../core/dynamicScope.ts';
import { ArgumentError, VisageError } from '../core/errors.ts';
import type { GpuBuffer } from '../memory/buffer.ts';
import { RecordedStep } from '../record/recordedStep.ts';
import type { Trace } from '../record/trace.ts';
import { currentGpu } from './current.ts';
import type { Gpu } from './gpu.ts';

const devices = new Set<WeakRef<Gpu>>();

/** Makes a device one that steps may be recorded on; returns what takes it out again. */
export function registerDevice(gpu: Gpu): () => void {
  const reference = new WeakRef(gpu);
  devices.add(reference);
  return () => devices.delete(reference);
}

/** The devices that are in use, in the order in which they were opened. */
function devicesInUse(): Gpu[] {
  const found: Gpu[] = [];
  for (const reference of devices) {
    const gpu = reference.deref();
    if (gpu) found.push(gpu);
    else devices.delete(reference);
  }
  return found;
}

/**
 * Traces `fn` without running it, plans its memory, and returns a step that replays its kernels on the device that they were meant for.
 *
 * Which device that is shows only while `fn` runs, so all of them are traced at first.
 *
 * @throws ArgumentError that names the devices if `fn` works on several.
 */
export function recordStep<T>(fn: () => T, keep: (result: T) => Iterable<GpuBuffer>): RecordedStep<T> {
  const gpus = devicesInUse();
  if (gpus.some(({ tracing }) => tracing))
    throw new VisageError('record: a step is being traced already; steps do not nest');
  const traces = new Map(gpus.map((gpu) => [gpu, gpu.beginTrace()]));
  try {
    const result = fn();
    refuseAsync('record', result);
    const kept = [...keep(result)].map(({ whole }) => whole);
    const gpu = onlyUsed(traces, kept);
    return new RecordedStep(gpu, traces.get(gpu) as Trace, result, new Set(kept));
  } catch (error) {
    for (const [gpu, { uploads }] of traces) for (const { resource } of uploads) if (resource) gpu.pool.give(resource);
    throw error;
  } finally {
    for (const gpu of gpus) gpu.endTrace();
  }
}

/** The device that a traced function worked on. */
function onlyUsed(traces: ReadonlyMap<Gpu, Trace>, kept: readonly GpuBuffer[]): Gpu {
  const used = [...traces].filter(([, trace]) => trace.isUsed).map(([gpu]) => gpu);
  const [gpu = kept[0]?.home ?? currentGpu(), other] = used;
  if (!other) return gpu;
  const names = used.map(({ name }) => name).join(' and ');
  throw new ArgumentError('record', 'fn', `a function that works on ${names}`, 'one that works on one device');
}
