/** @file Reading and writing safetensors: named tensors, a JSON header, and nothing that can be executed. */
import { ArgumentError } from '@visage/gpu';
import type { HostArray, Shape } from '@visage/tensor';
import { showShape, sizeOf } from '@visage/tensor/kernels';
import { badValue, placeIn } from './finite.ts';
import { floatsFromBfloat, floatsFromHalf } from './half.ts';
import { FILE_DTYPE_BYTES, type FileDType, FileError, readHeader, showName } from './header.ts';

/** A tensor in a file; its bytes are looked up and decoded when asked for. */
export class FileTensor {
  readonly #contents: Uint8Array | (() => Uint8Array);

  /**
   * @param contents the elements, little endian, in row-major order without gaps; or what gathers them, where the file
   * has them elsewhere.
   */
  constructor(
    readonly name: string,
    readonly dtype: FileDType,
    readonly shape: Shape,
    contents: Uint8Array | (() => Uint8Array),
    readonly source: string,
  ) {
    this.#contents = contents;
  }

  /** The elements as they lie in the file, or would if they lay together. */
  get bytes(): Uint8Array {
    return typeof this.#contents === 'function' ? this.#contents() : this.#contents;
  }

  /** The values of an F64, F32, F16 or BF16 tensor. */
  floats(): Float32Array {
    const { dtype } = this;
    if (dtype === 'F32') return new Float32Array(this.#copy());
    if (dtype === 'F16') return floatsFromHalf(new Uint16Array(this.#copy()));
    if (dtype === 'BF16') return floatsFromBfloat(new Uint16Array(this.#copy()));
    if (dtype === 'F64') return Float32Array.from(new Float64Array(this.#copy()));
    return this.#refuse('floating-point numbers');
  }

  /** The values of an I32, I16, I8, U8, BOOL or I64 tensor, the latter if all of them fit into 32 bits. */
  integers(): Int32Array {
    const { dtype } = this;
    if (dtype === 'I32') return new Int32Array(this.#copy());
    if (dtype === 'I16') return Int32Array.from(new Int16Array(this.#copy()));
    if (dtype === 'I8') return Int32Array.from(new Int8Array(this.#copy()));
    if (dtype === 'U8' || dtype === 'BOOL') return Int32Array.from(this.bytes);
    if (dtype !== 'I64') return this.#refuse('signed integers or bytes');
    return Int32Array.from(new BigInt64Array(this.#copy()), (value) => {
      if (value === BigInt.asIntN(32, value)) return Number(value);
      throw new FileError(this.source, `entry ${showName(this.name)} holds ${value}, which does not fit into 32 bits`);
    });
  }

  /** The values as the tensor type nearest to the file's: f16 as bits, BF16 and F64 as f32, signed integers as i32. */
  host(): HostArray {
    const { dtype } = this;
    if (dtype === 'F16') return new Uint16Array(this.#copy());
    if (dtype === 'U32') return new Uint32Array(this.#copy());
    if (dtype === 'U8' || dtype === 'BOOL') return new Uint8Array(this.#copy());
    return dtype === 'F32' || dtype === 'F64' || dtype === 'BF16' ? this.floats() : this.integers();
  }

  /**
   * The values of a tensor that a network computes with, as {@link FileTensor.host} gives them; `f32` widens halves.
   * All that becomes weights is read here.
   *
   * @throws FileError that names tensor, place and value when one is NaN or infinite (also a double beyond float32), or
   * below what its name allows: variances (`running_var`) and an optimizer's means of squares (`exp_avg_sq`) are never
   * negative.
   */
  weights(): HostArray;
  weights(as: 'f32'): Float32Array;
  weights(as?: 'f32'): HostArray {
    const values = as === 'f32' ? this.floats() : this.host();
    const bad = badValue(this.name, values);
    if (!bad) return values;
    const stored = this.dtype === 'F64' ? (new Float64Array(this.#copy())[bad.index] as number) : bad.value;
    const why = Number.isFinite(stored) && !Number.isFinite(bad.value) ? 'float32 ends at 3.4e38' : bad.why;
    throw new FileError(
      this.source,
      `entry ${showName(this.name)} is ${stored}${placeIn(this.shape, bad.index)}; ${why}`,
    );
  }

  /** A copy, because data of a file need not be aligned. */
  #copy(): ArrayBuffer {
    return new Uint8Array(this.bytes).buffer; // slice() of a Node Buffer would copy nothing
  }

  #refuse(expected: string): never {
    throw new FileError(this.source, `entry ${showName(this.name)} holds ${this.dtype}, expected ${expected}`);
  }
}

/** Something in a file that is neither tensor, module nor plain container. */
export interface PassedOver {
  /** Where it lies, as tensors are named. */
  readonly name: string;
  /** Its class, or the function whose result it would have been. */
  readonly type: string;
  /** Why it is not read, for the end of an error. */
  readonly problem: string;
}

/** Named tensors of a file, whatever its format. */
export interface WeightFile {
  /** What error messages call the file. */
  readonly source: string;
  readonly tensors: ReadonlyMap<string, FileTensor>;
  /** What a PyTorch file holds beside tensors and was not read. */
  readonly passedOver?: readonly PassedOver[];
}

/** What a safetensors file holds. */
export interface SafetensorsFile extends WeightFile {
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads a safetensors file. The tensors are views of `bytes` until they are decoded.
 *
 * @param source what errors call the file, for instance its path.
 * @throws FileError in one line, for anything that is not a well-formed file.
 */
export function readSafetensors(bytes: Uint8Array, source = 'safetensors file'): SafetensorsFile {
  const { entries, metadata, dataStart } = readHeader(bytes, source);
  const tensors = new Map<string, FileTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    const data = bytes.subarray(dataStart + begin, dataStart + end);
    tensors.set(name, new FileTensor(name, dtype, shape, data, source));
  }
  return { source, tensors, metadata };
}

/** A tensor to write. Uint16Array means f16 bits. */
export interface HostTensor {
  readonly shape: Shape;
  readonly values: HostArray;
}

function fileDType(values: HostArray): FileDType {
  if (values instanceof Float32Array) return 'F32';
  if (values instanceof Uint16Array) return 'F16';
  if (values instanceof Int32Array) return 'I32';
  return values instanceof Uint32Array ? 'U32' : 'U8';
}

/** A tensor as the header of a file lists it, before it has a place. */
export interface ListedTensor {
  readonly name: string;
  readonly dtype: FileDType;
  readonly shape: Shape;
}

/** Where everything lies in a safetensors file. */
export interface FilePlan<T extends ListedTensor> {
  /** The length of the header and the header itself, padded to a multiple of 8 bytes. */
  readonly head: Uint8Array;
  /** The tensors in the order of the file, and where each begins behind the header. */
  readonly entries: readonly { readonly tensor: T; readonly begin: number; readonly bytes: number }[];
  /** Bytes of the whole file. */
  readonly bytes: number;
}

/** Plans a safetensors file. Wider types come first, so that every tensor is aligned. */
export function planSafetensors<T extends ListedTensor>(
  tensors: readonly T[],
  metadata: Readonly<Record<string, string>> = {},
): FilePlan<T> {
  const sorted = [...tensors].sort((a, b) => FILE_DTYPE_BYTES[b.dtype] - FILE_DTYPE_BYTES[a.dtype]);
  let at = 0;
  const entries = sorted.map((tensor) => {
    const begin = at;
    const bytes = sizeOf(tensor.shape) * FILE_DTYPE_BYTES[tensor.dtype];
    at += bytes;
    return { tensor, begin, bytes };
  });
  const listed: [string, unknown][] = entries.map(({ tensor: { name, dtype, shape }, begin, bytes }) => {
    if (name === '__metadata__')
      throw new ArgumentError('planSafetensors', 'name', `'${name}'`, 'any other name', 'The format reserves it');
    return [name, { dtype, shape, data_offsets: [begin, begin + bytes] }];
  });
  if (Object.keys(metadata).length > 0) listed.unshift(['__metadata__', metadata]);
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(listed)));
  const length = Math.ceil(json.length / 8) * 8;
  const head = new Uint8Array(8 + length).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true);
  head.set(json, 8);
  return { head, entries, bytes: head.length + at };
}

/** Bytes of a safetensors file with these tensors. */
export function writeSafetensors(
  tensors: ReadonlyMap<string, HostTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const listed = [...tensors].map(([name, { shape, values }]) => {
    if (name === '__metadata__' || sizeOf(shape) !== values.length) {
      throw new ArgumentError(
        'writeSafetensors',
        name,
        `${values.length} values for ${showShape(shape)}`,
        'values that fill the shape',
      );
    }
    return { name, shape, values, dtype: fileDType(values) };
  });
  const { head, entries, bytes } = planSafetensors(listed, metadata);
  const out = new Uint8Array(bytes);
  out.set(head);
  for (const { tensor, begin } of entries) {
    const { buffer, byteOffset, byteLength } = tensor.values;
    out.set(new Uint8Array(buffer, byteOffset, byteLength), head.length + begin);
  }
  return out;
}
