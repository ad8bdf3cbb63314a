/**
 * @file Means of pointwise expressions in one or two kernels, and one more for each gradient: what losses are made of.
 */
import { checkList, checkOptions, type OptionKeys } from '@visage/gpu';
import { fused } from '../core/fused.ts';
import { launchMap, V } from '../core/map.ts';
import { checkShape } from '../core/shape.ts';
import { checkFloat, floatTypeOf } from '../core/storage.ts';
import type { Tensor } from '../core/tensor.ts';
import { sumOfMap } from '../reduce/sums.ts';

export interface MeanOf {
  readonly name: string;
  /** WGSL over `a` and `b` of type V; the inputs have one shape. */
  readonly expression: string;
  readonly inputs: readonly Tensor[];
  /**
   * For each input its gradient, WGSL over the same names and `g`, the part of the result's gradient that an element
   * gets. Where the expression is flat, select zero instead of multiplying by it: 0 times an infinite gradient is NaN.
   */
  readonly gradients: readonly string[];
  /** The same in plain ops, for higher orders. */
  readonly composed: (...inputs: readonly Tensor[]) => Tensor;
}

const PARTS: OptionKeys<MeanOf> = { name: true, expression: true, inputs: true, gradients: true, composed: true };

/**
 * Mean over all elements of a pointwise expression of one or two tensors: a scalar in f32.
 *
 * @throws ArgumentError for inputs that are no tensors of f32 or f16 or not of one shape.
 */
export function meanOf(parts: MeanOf): Tensor {
  checkOptions('meanOf', parts, PARTS);
  const { name, expression, inputs, gradients, composed } = parts;
  checkList('meanOf', 'inputs', inputs, 'tensors');
  const [first] = inputs as readonly [Tensor];
  for (const [k, x] of inputs.entries()) {
    checkFloat(name, inputs.length === 1 ? 'x' : 'ab'.charAt(k), x);
    checkShape(name, 'b', x.shape, first.shape, 'Both inputs are of one shape');
  }
  const share = 1 / first.size;
  return fused({
    name,
    inputs,
    forward: () => sumOfMap(name, expression, inputs, share),
    backward: (g, needs) =>
      inputs.map((x, k) => {
        if (!needs[k]) return undefined;
        const arrived = inputs.length === 1 ? 'b' : 'c';
        const gradient = (gradients[k] as string).replace(/\bg\b/g, `(${arrived} * ${V(share)})`);
        return launchMap(`${name}Grad`, gradient, [...inputs, g], undefined, floatTypeOf(x));
      }),
    composed,
  });
}
