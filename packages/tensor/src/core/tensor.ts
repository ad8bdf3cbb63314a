import { ArgumentError, checkOneOf, Gpu, type GpuBuffer, readInPlace, showValue, writeInPlace } from '@visage/gpu';
import type { Node } from './autograd.ts';
import { DTYPES, type DType, type HostArray } from './dtype.ts';
import { floatsFromHalf } from './float16.ts';
import { checkExtents, normalizeAxis, type Shape, showShape, sizeOf } from './shape.ts';

/**
 * A contiguous n-dimensional array on the GPU, and a node of the autograd graph if it was computed from tensors that
 * require gradients.
 *
 * Images are NHWC. Memory belongs to scopes, see {@link scope}. Op methods (`a.add(b)`) are installed by `methods.ts`.
 */
export class Tensor {
  /** Where gradients of `backward()` add up. Leaves only. */
  grad: Tensor | undefined;
  /** How this tensor was computed; `undefined` for leaves. */
  node: Node | undefined;
  #requiresGrad = false;

  constructor(
    readonly gpu: Gpu,
    readonly buffer: GpuBuffer,
    readonly shape: Shape,
    readonly dtype: DType = 'f32',
  ) {}

  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  get requiresGrad(): boolean {
    return this.#requiresGrad;
  }

  set requiresGrad(value: boolean) {
    if (value && this.dtype !== 'f32' && this.dtype !== 'f16')
      throw new ArgumentError('requiresGrad', 'dtype', this.dtype, 'f32 or f16', 'Gradients flow through those only');
    this.#requiresGrad = value;
  }

  /**
   * Extent of an axis; negative axes count from the end.
   *
   * @throws ArgumentError for an axis that the tensor does not have.
   */
  dim(axis: number): number {
    return this.shape[normalizeAxis('dim', axis, this.rank)] as number;
  }

  /** Copies the elements to the host. f16 arrives as bits. */
  async data(): Promise<HostArray> {
    const bytes = await this.gpu.read(this.buffer);
    return new DTYPES[this.dtype].host(bytes, 0, this.size);
  }

  /**
   * The elements of an f32 or f16 tensor on the host.
   *
   * @throws ArgumentError for a tensor of integers.
   */
  async floats(): Promise<Float32Array> {
    const data = await this.data();
    if (data instanceof Uint16Array) return floatsFromHalf(data);
    if (!(data instanceof Float32Array))
      throw new ArgumentError('floats', 'dtype', this.dtype, 'f32 or f16', 'Use data(), or cast first');
    return data;
  }

  /**
   * The value of a tensor with one element.
   *
   * @throws ArgumentError for a tensor of more.
   */
  async item(): Promise<number> {
    if (this.size !== 1) throw new ArgumentError('item', 'shape', showShape(this.shape), 'a single element');
    return (await (this.dtype === 'f16' ? this.floats() : this.data()))[0] as number;
  }

  /**
   * Calls `use` with the elements, in the memory that the device copied them to: no copy on the host. They are valid
   * until `use` returns or, if it is async, until its promise settles; every view of them is empty then. f16 arrives as
   * bits.
   *
   * @returns what `use` returns.
   */
  readInPlace<T>(use: (values: HostArray) => T | Promise<T>): Promise<T> {
    const { host } = DTYPES[this.dtype];
    return readInPlace(this.gpu, this.buffer, ({ buffer }) => use(new host(buffer, 0, this.size)));
  }

  /**
   * Overwrites the elements with those that `fill` writes into memory that the device copies from: no copy on the host.
   * `fill` must write every element. They are valid as long as those of {@link Tensor.readInPlace}. Work that is issued
   * after the promise has resolved sees the new values.
   *
   * @returns what `fill` returns. If it throws, the tensor stays as it is.
   */
  writeInPlace<T>(fill: (values: HostArray) => T | Promise<T>): Promise<T> {
    const { host, bytes } = DTYPES[this.dtype];
    return writeInPlace(this.gpu, this.buffer, ({ buffer }) => {
      // The last word of a buffer may be longer than the elements.
      new Uint8Array(buffer).fill(0, this.size * bytes);
      return fill(new host(buffer, 0, this.size));
    });
  }

  /**
   * Overwrites the elements from the host. Recorded steps that read this tensor see the new values at their next run.
   *
   * @throws ArgumentError unless `data` has the array type of the element type, and as many elements as the tensor.
   */
  write(data: HostArray): this {
    if (!(data instanceof DTYPES[this.dtype].host) || data.length !== this.size) {
      throw new ArgumentError('write', 'data', showValue(data), `${DTYPES[this.dtype].host.name}(${this.size})`);
    }
    this.gpu.write(this.buffer, data);
    return this;
  }

  /** The same values without their history: no gradient flows through. Shares memory. */
  detach(): Tensor {
    return new Tensor(this.gpu, this.buffer, this.shape, this.dtype);
  }

  /** Gives the memory back now instead of at the end of the scope. */
  dispose(): void {
    this.gpu.release(this.buffer);
  }

  toString(): string {
    return `Tensor(${this.dtype}${showShape(this.shape)}${this.node ? `, ${this.node.op}` : ''})`;
  }
}

/** Throws unless `gpu` is a device. */
export function checkGpu(op: string, gpu: Gpu): void {
  if (!(gpu instanceof Gpu)) throw new ArgumentError(op, 'gpu', showValue(gpu), 'a device, as currentGpu() gives it');
}

/** Throws unless `x` is a tensor. */
export function checkTensor(op: string, argument: string, x: Tensor): void {
  if (!(x instanceof Tensor)) throw new ArgumentError(op, argument, showValue(x), 'a tensor');
}

/** Throws unless `x` is a tensor of one of the given element types. */
export function checkDType(op: string, argument: string, x: Tensor, ...allowed: DType[]): void {
  checkTensor(op, argument, x);
  if (!allowed.includes(x.dtype))
    throw new ArgumentError(op, `${argument}'s dtype`, x.dtype, allowed.join(' or '), 'Use cast()');
}

/** Makes an uninitialised tensor for a kernel to fill. */
export function empty(gpu: Gpu, shape: Shape, dtype: DType = 'f32'): Tensor {
  checkGpu('empty', gpu);
  checkExtents('empty', shape);
  checkOneOf('empty', 'dtype', dtype, Object.keys(DTYPES));
  return new Tensor(gpu, gpu.alloc(sizeOf(shape) * DTYPES[dtype].bytes), shape, dtype);
}
