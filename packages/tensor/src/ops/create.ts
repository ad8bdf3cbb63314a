import { ArgumentError, currentGpu, type Gpu } from '@visage/gpu';
import { DTYPES, type DType, dtypeOf, type HostArray } from '../dtype.ts';
import { type Shape, showShape, sizeOf } from '../shape.ts';
import { floatTypeOf, isFloat } from '../storage.ts';
import { Tensor } from '../tensor.ts';
import { fill } from './fill.ts';

export interface CreateOptions {
  readonly gpu?: Gpu;
  readonly dtype?: DType;
  readonly requiresGrad?: boolean;
}

/**
 * Makes a tensor from host values. `shape` defaults to one axis. Plain number arrays become f32 unless `dtype` says otherwise.
 *
 * @throws ArgumentError when the number of values and the shape disagree.
 */
export function tensor(
  values: HostArray | readonly number[],
  shape: Shape = [values.length],
  options: CreateOptions = {},
): Tensor {
  const dtype = options.dtype ?? (Array.isArray(values) ? 'f32' : dtypeOf(values as HostArray));
  const host = Array.isArray(values) ? fromNumbers(values as readonly number[], dtype) : (values as HostArray);
  if (host.length !== sizeOf(shape)) {
    throw new ArgumentError(
      'tensor',
      'values',
      `${host.length} elements`,
      `${sizeOf(shape)} for shape ${showShape(shape)}`,
    );
  }
  if (!(host instanceof DTYPES[dtype].host))
    throw new ArgumentError('tensor', 'values', host.constructor.name, `${DTYPES[dtype].host.name} for ${dtype}`);
  const gpu = options.gpu ?? currentGpu();
  const out = new Tensor(gpu, gpu.upload(host), shape, dtype);
  if (options.requiresGrad) out.requiresGrad = true;
  return out;
}

function fromNumbers(values: readonly number[], dtype: DType): HostArray {
  if (dtype === 'f16') throw new ArgumentError('tensor', 'dtype', 'f16', 'f32', 'Make it f32 and cast()');
  const host = new DTYPES[dtype].host(new ArrayBuffer(values.length * DTYPES[dtype].bytes));
  host.set(values);
  return host;
}

/** A tensor of floats with every element equal to `value`. */
export function full(shape: Shape, value: number, options: CreateOptions = {}): Tensor {
  const { dtype = 'f32' } = options;
  if (!isFloat(dtype)) throw new ArgumentError('full', 'dtype', dtype, 'f32 or f16', 'Use tensor() for integers');
  const out = fill(options.gpu ?? currentGpu(), shape, value, dtype);
  if (options.requiresGrad) out.requiresGrad = true;
  return out;
}

/** A tensor of zeros, f32 unless the options say f16. */
export const zeros = (shape: Shape, options?: CreateOptions): Tensor => full(shape, 0, options);
/** A tensor of ones, f32 unless the options say f16. */
export const ones = (shape: Shape, options?: CreateOptions): Tensor => full(shape, 1, options);
/** Zeros of the shape and float type of x. */
export const zerosLike = (x: Tensor): Tensor => fill(x.gpu, x.shape, 0, floatTypeOf(x));
/** Ones of the shape and float type of x. */
export const onesLike = (x: Tensor): Tensor => fill(x.gpu, x.shape, 1, floatTypeOf(x));
