import type { Gpu } from '@visage/gpu';
import { type GemmProblem, type GemmVariant, gemmFamily } from '@visage/tensor/kernels';

/** As much of a product as its variants ask for when they say whether they can compute it. */
export const productOf = (operands: 'f32' | 'f16', m = 512, n = 512, k = 512): GemmProblem =>
  ({ name: 'x', m, n, k, operands, aContiguousAlong: 'k', loaderA: [] }) as unknown as GemmProblem;

// 64 sums per invocation: a software adapter takes a minute to compile them.
const COMPILED_FOR_A_MINUTE = 'tiled 64x128x16';

/** The multiplies that a test can run on the device with operands of this type. Says which ones it cannot, and why. */
export function multipliesOf(gpu: Gpu, operands: 'f32' | 'f16'): GemmVariant[] {
  return gemmFamily.variants.filter((variant) => {
    const slow = gpu.adapter.software && variant.name === COMPILED_FOR_A_MINUTE;
    const able = slow ? 'it takes a minute to compile here' : (variant.supports?.(productOf(operands), gpu) ?? true);
    if (able !== true) console.log(`     ${variant.name} is not run here on ${operands}: ${able}`);
    return able === true;
  });
}
