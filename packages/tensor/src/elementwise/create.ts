import {
  ArgumentError,
  checkOneOf,
  checkOptions,
  currentGpu,
  type Gpu,
  linearGrid,
  type OptionKeys,
  showValue,
} from '@visage/gpu';
import { pointwiseMap } from '@visage/kernels';
import { DTYPES, type DType, dtypeOf, type HostArray } from '../core/dtype.ts';
import { functionsFor, V } from '../core/map.ts';
import { WORKGROUP } from '../core/passes.ts';
import { checkExtents, type Shape, showShape, sizeOf } from '../core/shape.ts';
import {
  checkFloat,
  enablesOf,
  type FloatType,
  floatTypeOf,
  isFloat,
  paddingOf,
  registerAliases,
} from '../core/storage.ts';
import { checkGpu, empty, Tensor } from '../core/tensor.ts';

export interface CreateOptions {
  readonly gpu?: Gpu;
  readonly dtype?: DType;
  readonly requiresGrad?: boolean;
}

const OPTIONS: OptionKeys<CreateOptions> = { gpu: true, dtype: true, requiresGrad: true };

/** Throws unless `options` are options of `op`, and the type that they name is one. */
function checkCreate(op: string, options: CreateOptions): void {
  checkOptions(op, options, OPTIONS);
  if (options.gpu !== undefined) checkGpu(op, options.gpu);
  if (options.dtype !== undefined) checkOneOf(op, 'dtype', options.dtype, Object.keys(DTYPES));
}

const HOSTS =
  'numbers in an array, or a Float32Array, Uint16Array (bits of f16), Int32Array, Uint32Array or Uint8Array';

/**
 * Makes a tensor from host values. `shape` defaults to one axis. Plain number arrays become f32 unless `dtype` says
 * otherwise.
 *
 * @throws ArgumentError when the number of values and the shape disagree, when there are none, or when `dtype` cannot
 * hold one of them.
 */
export function tensor(
  values: HostArray | readonly number[],
  shape: Shape = [values?.length],
  options: CreateOptions = {},
): Tensor {
  checkCreate('tensor', options);
  if (!Array.isArray(values) && !Object.values(DTYPES).some(({ host }) => values instanceof host))
    throw new ArgumentError('tensor', 'values', showValue(values), HOSTS);
  checkExtents('tensor', shape);
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

/** What the integer types hold. */
const RANGES: Readonly<Record<Exclude<DType, 'f16'>, readonly [least: number, most: number]>> = {
  f32: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  i32: [-(2 ** 31), 2 ** 31 - 1],
  u32: [0, 2 ** 32 - 1],
  u8: [0, 255],
};

function fromNumbers(values: readonly number[], dtype: DType): HostArray {
  if (dtype === 'f16') throw new ArgumentError('tensor', 'dtype', 'f16', 'f32', 'Make it f32 and cast()');
  const [least, most] = RANGES[dtype];
  for (const [at, value] of values.entries()) {
    if (typeof value !== 'number')
      throw new ArgumentError('tensor', `values[${at}]`, showValue(value), 'a number', 'Nested lists go in as flat()');
    if (dtype !== 'f32' && !(Number.isInteger(value) && value >= least && value <= most))
      throw new ArgumentError(
        'tensor',
        `values[${at}]`,
        String(value),
        `an integer from ${least} to ${most} for ${dtype}`,
      );
  }
  const host = new DTYPES[dtype].host(new ArrayBuffer(values.length * DTYPES[dtype].bytes));
  host.set(values);
  return host;
}

/** Makes a constant tensor on the device: the map kernel without inputs. */
export function fill(gpu: Gpu, shape: Shape, value: number, dtype: FloatType = 'f32'): Tensor {
  const out = empty(gpu, shape, dtype);
  // A plain zero is safe here: a compiler can shorten no arithmetic, because there is none.
  const number = value === 0 && !Object.is(value, -0) ? 'V(0.0)' : V(value);
  gpu.dispatch({
    program: {
      name: 'pointwise/fill',
      enables: enablesOf(dtype),
      aliases: { ...registerAliases(1), S: dtype },
      constants: { WG: WORKGROUP, VECTORS_PER_THREAD: 1, PADDING: paddingOf(out) },
      parts: [functionsFor(number), `fn map(i : u32) -> V { return ${number}; }`, pointwiseMap],
    },
    buffers: [out.buffer],
    grid: linearGrid(Math.ceil(sizeOf(shape) / WORKGROUP)),
  });
  return out;
}

/**
 * A tensor of floats with every element equal to `value`.
 *
 * @throws ArgumentError for extents that are not positive integers, or a type other than f32 and f16.
 */
export function full(shape: Shape, value: number, options: CreateOptions = {}): Tensor {
  return filled('full', shape, value, options);
}

function filled(op: string, shape: Shape, value: number, options: CreateOptions = {}): Tensor {
  checkCreate(op, options);
  checkExtents(op, shape);
  if (typeof value !== 'number') throw new ArgumentError(op, 'value', showValue(value), 'a number');
  const { dtype = 'f32' } = options;
  if (!isFloat(dtype)) throw new ArgumentError(op, 'dtype', dtype, 'f32 or f16', 'Use tensor() for integers');
  const out = fill(options.gpu ?? currentGpu(), shape, value, dtype);
  if (options.requiresGrad) out.requiresGrad = true;
  return out;
}

/**
 * A tensor of zeros, f32 unless the options say f16.
 *
 * @throws ArgumentError as {@link full}.
 */
export const zeros = (shape: Shape, options?: CreateOptions): Tensor => filled('zeros', shape, 0, options);
/**
 * A tensor of ones, f32 unless the options say f16.
 *
 * @throws ArgumentError as {@link full}.
 */
export const ones = (shape: Shape, options?: CreateOptions): Tensor => filled('ones', shape, 1, options);

/**
 * A tensor of ones with the shape and float type of x.
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16.
 */
export function onesLike(x: Tensor): Tensor {
  checkFloat('onesLike', 'x', x);
  return fill(x.gpu, x.shape, 1, floatTypeOf(x));
}
