import { checkFunction, type GpuBuffer, type RecordedStep, recordStep, scoped } from '@visage/gpu';
import { checkTensor, Tensor } from './tensor.ts';

/** Every tensor inside nested arrays, maps and plain objects, appended to `tensors`. */
export function tensorsIn(value: unknown, tensors: Tensor[] = []): Tensor[] {
  if (value instanceof Tensor) tensors.push(value);
  else if (Array.isArray(value)) for (const v of value) tensorsIn(v, tensors);
  else if (value instanceof Map) for (const v of value.values()) tensorsIn(v, tensors);
  else if (value && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    for (const v of Object.values(value)) tensorsIn(v, tensors);
  }
  return tensors;
}

const buffersIn = (value: unknown): GpuBuffer[] => tensorsIn(value).map((x) => x.buffer);

/**
 * Runs `fn` and then frees the memory of every tensor that it made, on any device, except those in its result.
 *
 * The result may be a tensor, or arrays, maps and plain objects that hold tensors. They pass to the enclosing scope;
 * outside all scopes they live until `dispose()`.
 *
 * @throws ArgumentError unless `fn` is a function; VisageError if it is async.
 */
export function scope<T>(fn: () => T): T {
  checkFunction('scope', 'fn', fn);
  return scoped(fn, buffersIn);
}

/**
 * Takes a tensor out of every open scope, so that it lives until `dispose()`, and returns it.
 *
 * @throws ArgumentError unless x is a tensor.
 */
export function keep<T extends Tensor>(x: T): T {
  checkTensor('keep', 'x', x);
  x.gpu.adopt(x.buffer);
  return x;
}

/**
 * Traces `fn` once, without running it, and returns a step that replays its kernels.
 *
 * Tensors from outside are inputs: overwrite them with `write()` between runs. Shapes and control flow are those of the
 * trace. The step belongs to the device of its tensors.
 *
 * @throws ArgumentError unless `fn` is a function, and one that names the devices if it works on several; VisageError
 * if it is async.
 */
export function record<T>(fn: () => T): RecordedStep<T> {
  checkFunction('record', 'fn', fn);
  return recordStep(fn, buffersIn);
}
