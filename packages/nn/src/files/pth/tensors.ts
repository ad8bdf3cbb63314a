/** @file Tensors of a PyTorch file: views with offset and strides of storages, which several tensors may share. */
import type { Shape } from '@visage/tensor';
import { showShape, sizeOf, stridesOf } from '@visage/tensor/kernels';
import { FILE_DTYPE_BYTES, type FileDType, FileError } from '../header.ts';
import type { Contents } from './contents.ts';
import { PickledName, PickledObject } from './values.ts';

/** Element types by the names of PyTorch's storage classes. */
const STORAGE_CLASSES: Readonly<Record<string, FileDType>> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};

const MAX_RANK = 16;
const LARGEST_REPEAT = 2 ** 20; // elements that a tensor may repeat out of a smaller storage (stride 0); no network needs more

/** A run of elements in a file. */
export class Storage {
  /**
   * @param length number of elements.
   * @param contents where they lie, little endian.
   * @param offset number of the first one.
   */
  constructor(
    readonly dtype: FileDType,
    readonly length: number,
    readonly contents: Contents,
    readonly offset = 0,
  ) {}

  /** All elements; unpacked now, if they have not been. */
  bytes(): Uint8Array {
    const each = FILE_DTYPE_BYTES[this.dtype];
    return this.contents.bytes().subarray(this.offset * each, (this.offset + this.length) * each);
  }
}

/** The element type of a storage class such as `torch.FloatStorage`; a record that says why for one that is not read, such as complex numbers. */
export function storageDType(type: unknown): FileDType | PickledObject {
  const name = type instanceof PickledName ? type : new PickledName('a storage without a class');
  const [, bare = ''] = /^torch(?:\.cuda)?\.(\w+)$/.exec(name.name) ?? [];
  if (Object.hasOwn(STORAGE_CLASSES, bare)) return STORAGE_CLASSES[bare] as FileDType;
  const known = Object.keys(STORAGE_CLASSES).join(', ');
  return new PickledObject(name, `keeps elements in a ${name}; known are ${known}`);
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= MAX_RANK && value.every(isCount);

/** A tensor as its pickle describes it, checked against its storage. */
export class PickledTensor {
  #decoded = false;

  private constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: Shape,
    readonly strides: readonly number[],
    /** Number of elements. */
    readonly size: number,
  ) {}

  /**
   * Checks the arguments of PyTorch's `_rebuild_tensor_v2`.
   *
   * @throws FileError when an element would lie outside of the storage, or the shape is larger than what the storage could fill.
   */
  static of(values: readonly unknown[], source: string): PickledTensor | PickledObject {
    const [storage, offset, shape, strides] = values;
    if (storage instanceof PickledObject && storage.refused !== undefined) return storage; // of a type that is not read
    if (
      !(storage instanceof Storage) ||
      !isCount(offset) ||
      !isCounts(shape) ||
      !isCounts(strides) ||
      shape.length !== strides.length
    )
      throw new FileError(source, 'describes a tensor without a storage, offset, shape and strides that fit together');
    const refuse = (problem: string): never => {
      const what = `a tensor ${showShape(shape)} with strides ${showShape(strides)} at ${offset}`;
      throw new FileError(source, `describes ${what} in a storage of ${storage.length} elements: ${problem}`);
    };
    const size = shape.includes(0) ? 0 : shape.reduce((n, extent) => n * extent, 1);
    if (size > Math.max(storage.length, LARGEST_REPEAT)) refuse('the shape is larger than that');
    const last = shape.reduce((at, extent, axis) => at + (extent - 1) * (strides[axis] as number), offset);
    if (size > 0 && last >= storage.length) refuse(`its last element would be number ${last}`);
    return new PickledTensor(storage, offset, shape, strides, size);
  }

  /**
   * The elements in row-major order: a view of the file where they lie so, a copy otherwise.
   *
   * @throws FileError when the tensors of the file, all that were decoded together, are larger than it explains.
   */
  bytes(): Uint8Array {
    const each = FILE_DTYPE_BYTES[this.storage.dtype];
    const all = this.storage.bytes();
    if (!this.#decoded) this.storage.contents.budget.decode(this.size * each);
    this.#decoded = true;
    const dense = stridesOf(this.shape);
    const inOrder = this.shape.every((extent, axis) => extent <= 1 || this.strides[axis] === dense[axis]);
    if (inOrder) return all.subarray(this.offset * each, (this.offset + this.size) * each);
    return this.#gather(all, each);
  }

  #gather(all: Uint8Array, each: number): Uint8Array {
    const { shape, strides } = this;
    const out = new Uint8Array(this.size * each);
    const at = new Array<number>(shape.length).fill(0);
    let from = this.offset;
    for (let to = 0; to < sizeOf(shape); to++) {
      out.set(all.subarray(from * each, (from + 1) * each), to * each);
      // Counts up like an odometer.
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        from += strides[axis] as number;
        at[axis] = (at[axis] as number) + 1;
        if ((at[axis] as number) < (shape[axis] as number)) break;
        from -= (shape[axis] as number) * (strides[axis] as number);
        at[axis] = 0;
      }
    }
    return out;
  }
}
