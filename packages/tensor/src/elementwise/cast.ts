import { checkOneOf } from '@visage/gpu';
import {
  castHalfBits,
  castMain,
  castReadByte,
  castReadHalf,
  castReadHalves,
  castReadWord,
  castReadWords,
  castWriteByte,
  castWriteHalf,
  castWriteHalves,
  castWriteWord,
  castWriteWords,
} from '@visage/kernels';
import { track } from '../core/autograd.ts';
import { DTYPES, type DType } from '../core/dtype.ts';
import { planPass } from '../core/passes.ts';
import { isFloat } from '../core/storage.ts';
import { checkTensor, empty, type Tensor } from '../core/tensor.ts';

const PASS_BYTES = 8; // four f16, one side of the casts that training is full of

/** How the kernel reads and writes an element type, and the type it has in registers. */
interface Format {
  readonly register: 'f32' | 'i32' | 'u32';
  readonly read: string;
  readonly write: string;
}

const BYTES: Format = { register: 'u32', read: castReadByte, write: castWriteByte };
const words = (register: Format['register'], fours: boolean): Format => ({
  register,
  read: fours ? castReadWords : castReadWord,
  write: fours ? castWriteWords : castWriteWord,
});
const halves = (fours: boolean): Format => ({
  register: 'f32',
  read: fours ? castReadHalves : castReadHalf,
  write: `${castHalfBits}\n${fours ? castWriteHalves : castWriteHalf}`,
});

/** The format of a type; `fours` says that the size divides by 4. */
function formatOf(dtype: DType, fours: boolean): Format {
  if (dtype === 'u8') return BYTES;
  return dtype === 'f16' ? halves(fours) : words(dtype, fours);
}

/**
 * WGSL of the conversion of `v`. Bytes come from numbers of either sign, so those are clamped before they lose it; and
 * bytes round.
 */
function conversion(source: DType, result: DType): string {
  if (result !== 'u8') return `vec4<D>(v)`;
  if (isFloat(source)) return 'vec4u(round(clamp(v, vec4f(0.0), vec4f(255.0))))';
  return source === 'i32' ? 'vec4u(max(v, vec4i(0)))' : 'v';
}

/**
 * The same numbers in another element type. Between f32 and f16 the gradient is the cast back; through integers none
 * flows.
 *
 * f32 → f16 rounds to nearest even and overflows to infinity. To u8 clamps to 0 … 255 and rounds. f32 → i32, u32 cuts
 * the fraction off and clamps. Needs no device feature.
 *
 * @throws ArgumentError unless x is a tensor and `dtype` an element type.
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  checkTensor('cast', 'x', x);
  checkOneOf('cast', 'dtype', dtype, Object.keys(DTYPES));
  if (x.dtype === dtype) return x;
  const fours = x.size % 4 === 0;
  const [source, result] = [formatOf(x.dtype, fours), formatOf(dtype, fours)];
  const out = empty(x.gpu, x.shape, dtype);
  const convert = `fn convert(v : vec4<S>) -> vec4<D> { return ${conversion(x.dtype, dtype)}; }`;
  const { constants, grid, choice } = planPass(x.gpu, { count: Math.ceil(x.size / 4), bytes: PASS_BYTES });
  x.gpu.dispatch({
    program: {
      name: `cast/${x.dtype}To${dtype[0]?.toUpperCase()}${dtype.slice(1)}`,
      aliases: { S: source.register, D: result.register },
      constants: { ...constants, SIZE: x.size },
      parts: [source.read, result.write, convert, castMain],
    },
    buffers: [out.buffer, x.buffer],
    grid,
    choice,
  });
  return isFloat(x.dtype) && isFloat(dtype) ? track('cast', out, [x], (g) => [cast(g, x.dtype)]) : out;
}
