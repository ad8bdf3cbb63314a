import { VisageError } from '@visage/gpu';
import { type Backward, track } from '../core/autograd.ts';
import { launchMap, NAMES } from '../core/map.ts';
import type { FloatType } from '../core/storage.ts';
import type { Tensor } from '../core/tensor.ts';
import { sumTo } from './broadcast.ts';

/**
 * The gradient of one input of a pointwise op before broadcasting is undone; returns `undefined` where the op is flat.
 */
export type Partial = (g: Tensor, out: Tensor) => Tensor | undefined;

/** The gradient of an input in which an op is flat, such as both of a comparison. */
export const flat: Partial = () => undefined;

/**
 * A differentiable pointwise op: the WGSL expression of its value, and for each input its gradient in ops.
 *
 * The result has the type that the inputs promote to, unless `result` names another: that of the image, where small f32
 * parameters go with it.
 *
 * @throws VisageError, when gradients are asked for, that names the op if it has no gradient for an input which needs
 * one.
 */
export function pointwise(
  name: string,
  expression: string,
  inputs: readonly Tensor[],
  partials: readonly Partial[],
  result?: FloatType,
): Tensor {
  const out = launchMap(name, expression, inputs, undefined, result);
  const backward: Backward = (g, needs) =>
    inputs.map((x, k) => {
      if (!needs[k]) return undefined;
      const partial = partials[k];
      if (!partial) throw new VisageError(`${name}: has no gradient with respect to ${NAMES[k]}; detach() that input`);
      const gradient = partial(g, out);
      return gradient && sumTo(gradient, x.shape);
    });
  return track(name, out, inputs, backward);
}
