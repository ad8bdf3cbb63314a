/**
 * Element types. Ops compute in f32 on f32 and f16; u8 is storage, i32 and u32 serve labels, indices and random state.
 */
export type DType = 'f32' | 'f16' | 'i32' | 'u32' | 'u8';

/** Host arrays, one per element type; f16 travels as its bits because Node 20 has no Float16Array. */
export type HostArray = Float32Array | Uint16Array | Int32Array | Uint32Array | Uint8Array;

interface DTypeInfo {
  readonly bytes: number;
  readonly host: new (buffer: ArrayBuffer, offset?: number, length?: number) => HostArray;
}

export const DTYPES: Readonly<Record<DType, DTypeInfo>> = {
  f32: { bytes: 4, host: Float32Array },
  f16: { bytes: 2, host: Uint16Array },
  i32: { bytes: 4, host: Int32Array },
  u32: { bytes: 4, host: Uint32Array },
  u8: { bytes: 1, host: Uint8Array },
};

/** The element type that a host array holds. */
export function dtypeOf(array: HostArray): DType {
  if (array instanceof Float32Array) return 'f32';
  if (array instanceof Uint16Array) return 'f16';
  if (array instanceof Int32Array) return 'i32';
  if (array instanceof Uint32Array) return 'u32';
  return 'u8';
}
