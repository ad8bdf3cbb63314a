import { linearGrid } from '@visage/gpu';
import {
  castMain,
  castReadByte,
  castReadHalf,
  castReadWord,
  castWriteByte,
  castWriteHalf,
  castWriteWord,
} from '@visage/kernels';
import { track } from '../autograd.ts';
import type { DType } from '../dtype.ts';
import { isFloat } from '../storage.ts';
import { empty, type Tensor } from '../tensor.ts';

const WORKGROUP = 64;

/** How the kernel reads and writes an element type, and the type it has in registers. */
const FORMATS: Readonly<
  Record<DType, { readonly register: 'f32' | 'i32' | 'u32'; readonly read: string; readonly write: string }>
> = {
  f32: { register: 'f32', read: castReadWord, write: castWriteWord },
  i32: { register: 'i32', read: castReadWord, write: castWriteWord },
  u32: { register: 'u32', read: castReadWord, write: castWriteWord },
  f16: { register: 'f32', read: castReadHalf, write: castWriteHalf },
  u8: { register: 'u32', read: castReadByte, write: castWriteByte },
};

/** WGSL of the conversion of `v`. Bytes come from numbers of either sign, so those are clamped before they lose it; and bytes round. */
function conversion(source: DType, result: DType): string {
  if (result !== 'u8') return `vec4<D>(v)`;
  if (FORMATS[source].register === 'f32') return 'vec4u(round(clamp(v, vec4f(0.0), vec4f(255.0))))';
  return source === 'i32' ? 'vec4u(max(v, vec4i(0)))' : 'v';
}

/**
 * The same numbers in another element type. Between f32 and f16 the gradient is the cast back; through integers none flows.
 *
 * f32 → f16 rounds to nearest even and overflows to infinity. To u8 clamps to 0 … 255 and rounds. f32 → i32, u32 cuts the fraction off and clamps.
 * Needs no device feature.
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  const [source, result] = [FORMATS[x.dtype], FORMATS[dtype]];
  const out = empty(x.gpu, x.shape, dtype);
  const convert = `fn convert(v : vec4<S>) -> vec4<D> { return ${conversion(x.dtype, dtype)}; }`;
  x.gpu.dispatch({
    program: {
      name: `cast/${x.dtype}To${dtype[0]?.toUpperCase()}${dtype.slice(1)}`,
      aliases: { S: source.register, D: result.register },
      constants: { WG: WORKGROUP, SIZE: x.size },
      parts: [source.read, result.write, convert, castMain],
    },
    buffers: [out.buffer, x.buffer],
    grid: linearGrid(Math.ceil(Math.ceil(x.size / 4) / WORKGROUP)),
  });
  return isFloat(x.dtype) && isFloat(dtype) ? track('cast', out, [x], (g) => [cast(g, x.dtype)]) : out;
}
