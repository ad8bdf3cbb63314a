import { checkFunction, type GpuBuffer, type RecordedStep, recordStep, scoped } from '@visage/gpu';
import { checkTensor, Tensor } from './tensor.ts';

/** Every tensor inside nested arrays, maps and plain objects. */
export function tensorsIn(value: unknown, found: Tensor[] = []): Tensor[] {
  if (value instanceof Tensor) found.push(value);
  else if (Array.isArray(value)) for (const v of value) tensorsIn(v, found);
  else if (value instanceof Map) for (const v of value.values()) tensorsIn(v, found);
  else if (value && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    for (const v of Object.values(value)) tensorsIn(v, found);
  }
  return found;
}

const buffersIn = (value: unknown): GpuBuffer[] => tensorsIn(value).map((x) => x.buffer);

/**
 * Runs `fn` and frees the memory of every tensor made inside, on any device, except those in its result (arrays, maps and plain objects are searched).
 *
 * Kept tensors pass to the scope outside; outside all scopes they live until `dispose()`. `fn` must not be async.
 */
export function scope<T>(fn: () => T): T {
  checkFunction('scope', 'fn', fn);
  return scoped(fn, buffersIn);
}

/** Takes a tensor out of every open scope: it lives until `dispose()`. */
export function keep<T extends Tensor>(x: T): T {
  checkTensor('keep', 'x', x);
  x.gpu.adopt(x.buffer);
  return x;
}

/**
 * Traces `fn` once, without running it, and returns a step that replays its kernels.
 *
 * Tensors from outside are inputs: overwrite them with `write()` between runs. Shapes and control flow are those of the trace. The step belongs to the device
 * of its tensors.
 *
 * @throws ArgumentError that names the devices if `fn` works on several.
 */
export function record<T>(fn: () => T): RecordedStep<T> {
  checkFunction('record', 'fn', fn);
  return recordStep(fn, buffersIn);
}
