import { ArgumentError, checkNumber } from '@visage/gpu';
import { fused } from '../core/fused.ts';
import { launchMap, V } from '../core/map.ts';
import { showShape } from '../core/shape.ts';
import { checkFloat, floatTypeOf } from '../core/storage.ts';
import type { Tensor } from '../core/tensor.ts';
import { add, sub } from '../elementwise/arithmetic.ts';
import { cast } from '../elementwise/cast.ts';
import { mean } from '../elementwise/reduce.ts';
import { reshape } from '../elementwise/reshape.ts';
import { sqrt, square } from '../elementwise/unary.ts';
import { sumOfMap } from '../reduce/sums.ts';

/** The definition in plain ops. */
function composedUnitNorm(x: Tensor, eps: number): Tensor {
  const rows = reshape(cast(x, 'f32'), [x.dim(0), -1]);
  const norm = sqrt(add(rows.square().sum(1), eps));
  return mean(square(sub(norm, 1)));
}

/**
 * Mean over samples of (‖x‖ − 1)², ‖x‖² = Σ x² + eps over all but the first axis: a scalar in f32.
 *
 * Three kernels at most, and one for the gradient.
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16 with a first axis, and eps is at least 0.
 */
export function unitNormPenalty(x: Tensor, eps: number): Tensor {
  checkFloat('unitNormPenalty', 'x', x);
  checkNumber('unitNormPenalty', 'eps', eps, 0);
  if (x.rank === 0) throw new ArgumentError('unitNormPenalty', 'x', showShape(x.shape), '[samples, …]');
  const samples = x.dim(0);
  const squares = reshape(
    sumOfMap('squares', 'a * a', [x], 1, samples),
    x.shape.map((n, axis) => (axis === 0 ? n : 1)),
  );
  const norm = (of: string) => `sqrt(${of} + ${V(eps)})`;
  const off = (of: string) => `(${norm(of)} - V(1.0))`;
  return fused({
    name: 'unitNormPenalty',
    inputs: [x],
    forward: () => sumOfMap('unitNormPenalty', `${off('a')} * ${off('a')}`, [squares], 1 / samples),
    // ∂/∂x = 2/n · (‖x‖ − 1) / ‖x‖ · x: NaN for a sample of infinite length, as the composition has it, where 1 − 1 /
    // ‖x‖ would be 1
    backward: (g) => {
      const slope = `a * (${off('b')} / ${norm('b')}) * (c * ${V(2 / samples)})`;
      return [launchMap('unitNormPenaltyGrad', slope, [x, squares, g], undefined, floatTypeOf(x))];
    },
    composed: (y) => composedUnitNorm(y as Tensor, eps),
  });
}
