/** @file Recording a step on the device on which its tensors lie. */
import { refuseAsync } from '../core/dynamicScope.ts';
import { ArgumentError, VisageError } from '../core/errors.ts';
import type { GpuBuffer } from '../memory/buffer.ts';
import { RecordedStep } from '../record/recordedStep.ts';
import type { Trace } from '../record/trace.ts';
import { currentGpu } from './current.ts';
import type { Gpu } from './gpu.ts';

const devices = new Set<WeakRef<Gpu>>();

/** Adds a device to those on which steps can be recorded, and returns a function that removes it. */
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
 * Traces `fn`, which must not be async, without running its kernels, and returns a step that runs them.
 *
 * On which device `fn` works is not known before it was traced, so all devices are traced.
 *
 * @param buffersOf lists the buffers of the result, which the caller may read after each run.
 * @throws ArgumentError that names the devices if `fn` works on several; VisageError if `fn` is async, if a step is
 * being traced already, or if the step uses a tensor that was freed.
 */
export function recordStep<T>(fn: () => T, buffersOf: (result: T) => Iterable<GpuBuffer>): RecordedStep<T> {
  const gpus = devicesInUse();
  if (gpus.some(({ tracing }) => tracing))
    throw new VisageError('record: a step is being traced already; steps do not nest');
  const traces = new Map(gpus.map((gpu) => [gpu, gpu.beginTrace()]));
  try {
    const result = fn();
    refuseAsync('record', result);
    const buffers = [...buffersOf(result)].map(({ whole }) => whole);
    const gpu = onlyUsed(traces, buffers);
    return new RecordedStep(gpu, traces.get(gpu) as Trace, result, new Set(buffers));
  } catch (error) {
    for (const [gpu, { uploads }] of traces) for (const { resource } of uploads) if (resource) gpu.pool.give(resource);
    throw error;
  } finally {
    for (const gpu of gpus) gpu.endTrace();
  }
}

/** The device that a traced function worked on. */
function onlyUsed(traces: ReadonlyMap<Gpu, Trace>, buffers: readonly GpuBuffer[]): Gpu {
  const used = [...traces].filter(([, trace]) => trace.isUsed).map(([gpu]) => gpu);
  const [gpu = buffers[0]?.home ?? currentGpu(), other] = used;
  if (!other) return gpu;
  const names = used.map(({ name }) => name).join(' and ');
  throw new ArgumentError('record', 'fn', `a function that works on ${names}`, 'one that works on one device');
}
