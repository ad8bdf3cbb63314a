import { ArgumentError, showValue } from '@visage/gpu';
import { launchMap } from '../core/map.ts';
import type { Tensor } from '../core/tensor.ts';
import { leakyReluCode, relu6Code, reluCode, tanhCode } from './activationCode.ts';
import { insideRelu6, leakyGate, tanhGrad } from './unary.ts';

/**
 * An activation that a convolution applies to its sums before it writes them. The slope of a leaky ReLU is finite and
 * at least 0; with 0 it is a ReLU.
 */
export type Activation = 'relu' | 'relu6' | 'tanh' | { readonly leakyRelu: number };

const NAMES: readonly string[] = ['relu', 'relu6', 'tanh'];

/**
 * WGSL of the activation of `v`; `V` is its type there and `U` the same of u32. The same as `relu`, `relu6`,
 * `leakyRelu` and `tanh`.
 */
export function activationCode(activation: Activation, v: string): string {
  if (activation === 'relu') return reluCode(v);
  if (activation === 'relu6') return relu6Code(v);
  return activation === 'tanh' ? tanhCode(v) : leakyReluCode(v, activation.leakyRelu);
}

/**
 * Throws unless `activation` is one, or `undefined`.
 *
 * @throws ArgumentError for what is no activation, and for a negative slope: the sign of the result would not tell
 * the sign of the sum, which the gradient needs.
 */
export function checkActivation(op: string, activation: Activation | undefined): void {
  if (activation === undefined || NAMES.includes(activation as string)) return;
  if (typeof activation !== 'object' || Object.keys(activation ?? {}).join() !== 'leakyRelu') {
    const expected = "'relu', 'relu6', 'tanh' or { leakyRelu: slope }";
    throw new ArgumentError(op, 'activation', showValue(activation), expected, 'Apply others to the result');
  }
  const slope = (activation as { leakyRelu: number }).leakyRelu;
  if (!Number.isFinite(slope) || slope < 0)
    throw new ArgumentError(op, 'leakyRelu', showValue(slope), 'a slope of at least 0');
}

/** The activation as a launch of its own, without a gradient, for kernels whose epilogue does not know it. */
export const activated = (x: Tensor, activation: Activation | undefined): Tensor =>
  activation ? launchMap('activation', activationCode(activation, 'a'), [x]) : x;

/** The gradient with respect to the sums, from the gradient g with respect to the result y. */
export function activationGradient(activation: Activation | undefined, g: Tensor, y: Tensor): Tensor {
  if (!activation) return g;
  if (activation === 'tanh') return tanhGrad(g, y);
  if (activation === 'relu6') return insideRelu6(g, y);
  return leakyGate(g, y, activation === 'relu' ? 0 : activation.leakyRelu);
}
