/**
 * @file How kernels see float tensors: f32 or f16 in memory, f32 in registers.
 *
 * A kernel reads `V(x[i])` from `array<S>` and writes `S(value)`. S is one element in memory, or four, and V is the
 * same in f32. For f32 tensors both conversions are the identity.
 */
import type { DType } from './dtype.ts';
import { checkDType, type Tensor } from './tensor.ts';

/** Element types that gradients flow through. */
export type FloatType = 'f32' | 'f16';

/** Throws unless `x` is a tensor of floats. */
export const checkFloat = (op: string, argument: string, x: Tensor): void => checkDType(op, argument, x, 'f32', 'f16');

export const isFloat = (dtype: DType): dtype is FloatType => dtype === 'f32' || dtype === 'f16';

/** The type of a tensor that was checked to hold floats. */
export const floatTypeOf = (x: Tensor): FloatType => (x.dtype === 'f16' ? 'f16' : 'f32');

/**
 * The type of a result computed from `inputs`: f16 if every input is f16, else f32. As in PyTorch, tensors of shape []
 * do not count if there are others.
 */
export function promoted(inputs: readonly Tensor[]): FloatType {
  const withAxes = inputs.filter(({ rank }) => rank > 0);
  return (withAxes.length > 0 ? withAxes : inputs).every(({ dtype }) => dtype === 'f16') ? 'f16' : 'f32';
}

/** The WGSL type of one element in memory, or of four neighbours. */
export const stored = (dtype: FloatType, vectorWidth: 1 | 4): string =>
  vectorWidth === 1 ? dtype : dtype === 'f16' ? 'vec4<f16>' : 'vec4f';

/** The WGSL type of the same in registers. */
export const computed = (vectorWidth: 1 | 4): string => (vectorWidth === 1 ? 'f32' : 'vec4f');

/** Aliases of the types that kernels compute with: V of f32, U of u32 and B of bool, one element or four. */
export const registerAliases = (vectorWidth: 1 | 4): Record<'V' | 'U' | 'B', string> => ({
  V: computed(vectorWidth),
  U: vectorWidth === 4 ? 'vec4u' : 'u32',
  B: vectorWidth === 4 ? 'vec4<bool>' : 'bool',
});

/** The WGSL extensions that a program must enable to read and write tensors of these types. */
export const enablesOf = (...types: readonly DType[]): string[] => (types.includes('f16') ? ['f16'] : []);

/** Elements of `array<f16>` past the last one of the tensor, because buffers are multiples of 4 bytes. */
export const paddingOf = (x: Tensor): number => (x.dtype === 'f16' ? x.size % 2 : 0);
