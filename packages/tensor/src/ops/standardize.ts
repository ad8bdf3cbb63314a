/**
 * @file x̂ = (x − mean) / √(var + eps), the core of every norm, with gradients of any order.
 *
 * The gradient is r · C(g, x̂) with r = 1 / √(var + eps) and C(g, x̂) = g − mean(g) − x̂ · mean(g x̂), all means over the rows. C and r are ops with
 * gradients of their own, and x̂ is the result itself, so a gradient of a gradient reuses it: a quarter of the passes that the gradient of plain
 * arithmetic would take.
 */
import { gradEnabled, track } from '../autograd.ts';
import { launchMap, pointwise, V } from '../pointwise.ts';
import type { Shape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { mul, neg } from './arithmetic.ts';
import { type NormProblem, normAffineGradient, normApplied, normInputGradient, normStatistics, PLAIN } from './normKernels.ts';
import { reshape, slice } from './shape.ts';
import { square } from './unary.ts';

/** Standardizes the rows of x seen as [outer, rows, channels]; `stats` may be given if x has been measured already. */
export function standardize(x: Tensor, p: NormProblem, stats = normStatistics(x, p)): Tensor {
  const y = normApplied(x, stats, p, PLAIN);
  return track('standardize', y, [x], (g) => {
    if (gradEnabled()) return [mul(centre(g, y, p), reciprocalDeviation(x, y, stats, p))];
    const sums = normAffineGradient({ x, stats }, g, p, PLAIN);
    return [normInputGradient({ x, stats }, g, sums, p, PLAIN)];
  });
}

/** Shape of one value per sample and channel that broadcasts against x. */
const statisticShape = (p: NormProblem): Shape => (p.outer === 1 ? [p.channels] : [p.outer, 1, 1, p.channels]);

/** 1 / √(var + eps), as a function of x. */
function reciprocalDeviation(x: Tensor, y: Tensor, stats: Tensor, p: NormProblem): Tensor {
  const variance = reshape(slice(stats, 1, 1, 2), statisticShape(p));
  const r = launchMap('reciprocalDeviation', `V(1.0) / sqrt(a + ${V(p.eps)})`, [variance]);
  return track('reciprocalDeviation', r, [x], (g) => [reciprocalDeviationGrad(y, r, g, -1 / p.rows)]);
}

// dr/dx = −r² · x̂ / rows
const reciprocalDeviationGrad = (y: Tensor, r: Tensor, g: Tensor, factor: number): Tensor =>
  pointwise('reciprocalDeviationGrad', `a * (b * b * c * ${V(factor)})`, [y, r, g], [
    (h) => mul(h, mul(mul(g, square(r)), factor)),
    (h) => mul(mul(h, y), mul(mul(g, r), 2 * factor)),
    (h) => mul(mul(h, y), mul(square(r), factor)),
  ]);

/** C(g, y) = g − mean(g) − y · mean(g y): linear and self-adjoint in g. */
function centre(g: Tensor, y: Tensor, p: NormProblem): Tensor {
  const sums = normAffineGradient({ normal: y }, g, p, PLAIN);
  const out = normInputGradient({ normal: y }, g, sums, p, PLAIN);
  return track('centre', out, [g, y], (h, needs) => [
    needs[0] ? centre(h, y, p) : undefined,
    needs[1] ? centreGrad(h, rowMean(g, y, p, sums), g, rowMean(h, y, p)) : undefined,
  ]);
}

// −(h · mean(g y) + g · mean(h y))
const centreGrad = (h: Tensor, meanGY: Tensor, g: Tensor, meanHY: Tensor): Tensor =>
  pointwise('centreGrad', '-(a * b + c * d)', [h, meanGY, g, meanHY], [
    (k) => neg(mul(k, meanGY)),
    (k) => neg(mul(k, h)),
    (k) => neg(mul(k, meanHY)),
    (k) => neg(mul(k, g)),
  ]);

/** Mean of a · b over the rows, per sample and channel; `sums` may hold Σ a b already. */
function rowMean(a: Tensor, b: Tensor, p: NormProblem, sums = normAffineGradient({ normal: b }, a, p, PLAIN)): Tensor {
  const total = reshape(slice(sums, 1, 0, 1), statisticShape(p));
  const mean = launchMap('rowMean', `a * ${V(1 / p.rows)}`, [total]);
  return track('rowMean', mean, [a, b], (g, needs) => {
    const share = mul(g, 1 / p.rows);
    return [needs[0] ? mul(b, share) : undefined, needs[1] ? mul(a, share) : undefined];
  });
}
