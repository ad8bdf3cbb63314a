/**
 * @file x̂ = (x − mean) / √(var + eps), the core of every norm, with gradients of any order.
 *
 * Its Jacobian J(x) is symmetric, so the gradient is J(x) g, linear in g; and the derivative of ⟨u, J(x) g⟩ with
 * respect to x has a closed form, the curvature, symmetric in u and g. Both are kernels of two passes; only third
 * derivatives go through plain ops.
 */
import { track } from '../core/autograd.ts';
import { composedGradient } from '../core/fused.ts';
import type { Tensor } from '../core/tensor.ts';
import { add, mul, sub } from '../elementwise/arithmetic.ts';
import { cast } from '../elementwise/cast.ts';
import { mean } from '../elementwise/reduce.ts';
import { reshape } from '../elementwise/reshape.ts';
import { rsqrt, square } from '../elementwise/unary.ts';
import type { NormProblem } from '../reduce/threads.ts';
import { normApplied, normCurvature, normForward, normGradients, PLAIN } from './kernels.ts';

/** x̂ = (x − mean) / √(var + eps), with its gradient. */
export function standardized(x: Tensor, p: NormProblem): Tensor {
  const { out, stats } = normForward(x, p);
  return track('standardize', out, [x], (g) => [jacobianOfNorm(x, stats, g, p)]);
}

/** x̂ from x and its statistics, as `normForward` computed them. */
export const standardize = (x: Tensor, stats: Tensor, p: NormProblem): Tensor =>
  track('standardize', normApplied(x, stats, p, PLAIN), [x], (g) => [jacobianOfNorm(x, stats, g, p)]);

/** J(x) g: the gradient of {@link standardize}. */
export function jacobianOfNorm(x: Tensor, stats: Tensor, given: Tensor, p: NormProblem): Tensor {
  const g = cast(given, x.dtype);
  const out = normGradients(x, stats, g, p, PLAIN).x as Tensor;
  return track('jacobianOfNorm', out, [x, g], (u, needs) => [
    needs[0] ? curvatureOfNorm(x, stats, u, g, p) : undefined,
    needs[1] ? jacobianOfNorm(x, stats, u, p) : undefined,
  ]);
}

/** ∂/∂x ⟨u, J(x) g⟩. */
function curvatureOfNorm(x: Tensor, stats: Tensor, u: Tensor, g: Tensor, p: NormProblem): Tensor {
  const out = normCurvature(x, stats, u, g, p);
  return track('curvatureOfNorm', out, [x, u, g], (h, needs) =>
    composedGradient([x, u, g], (...xs) => composedCurvature(xs as [Tensor, Tensor, Tensor], p), h, needs),
  );
}

/** The curvature in plain ops; see kernels/norm/curvatureApply.wgsl for the formula. */
function composedCurvature(inputs: readonly [Tensor, Tensor, Tensor], p: NormProblem): Tensor {
  const [x, u, g] = inputs.map((t) => reshape(t, [p.outer, p.rows, p.channels])) as [Tensor, Tensor, Tensor];
  const rowMean = (t: Tensor) => mean(t, 1, true);
  const centred = sub(x, rowMean(x));
  const r = rsqrt(add(rowMean(square(centred)), p.eps));
  const normal = mul(centred, r);
  const a = rowMean(mul(u, normal));
  const b = rowMean(mul(g, normal));
  const c = sub(rowMean(mul(u, g)), mul(rowMean(u), rowMean(g)));
  const along = mul(sub(c, mul(mul(a, b), 3)), normal);
  const across = add(mul(b, sub(u, rowMean(u))), mul(a, sub(g, rowMean(g))));
  return reshape(mul(mul(square(r), add(along, across)), -1), (inputs[0] as Tensor).shape);
}
