/** @file Means of pointwise expressions in one or two kernels, and one more for each gradient: what losses are made of. */
import { fused } from '../fused.ts';
import { launchMap, V } from '../pointwise.ts';
import { floatTypeOf } from '../storage.ts';
import type { Tensor } from '../tensor.ts';
import { sumOfMap } from './sums.ts';

export interface MeanOf {
  readonly name: string;
  /** WGSL over `a` and `b` of type V; the inputs have one shape. */
  readonly expression: string;
  readonly inputs: readonly Tensor[];
  /**
   * For each input its gradient, WGSL over the same names and `g`, the part of the result's gradient that an element gets. Where the expression is flat, select
   * zero instead of multiplying by it: 0 times an infinite gradient is NaN.
   */
  readonly gradients: readonly string[];
  /** The same in plain ops, for higher orders. */
  readonly composed: (...inputs: readonly Tensor[]) => Tensor;
}

/** Mean over all elements of a pointwise expression of one or two tensors: a scalar in f32. */
export function meanOf({ name, expression, inputs, gradients, composed }: MeanOf): Tensor {
  const share = 1 / (inputs[0] as Tensor).size;
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
