import { ArgumentError } from '@visage/gpu';
import { noGrad } from '../autograd.ts';
import { fused } from '../fused.ts';
import { launchMap, pointwise, V } from '../pointwise.ts';
import { checkShape } from '../shape.ts';
import { checkDType, type Tensor } from '../tensor.ts';
import { add, mul, sub } from './arithmetic.ts';
import {
  type NormAffine,
  type NormProblem,
  normAffineGradient,
  normApplied,
  normInputGradient,
  normStatistics,
} from './normKernels.ts';
import { mean } from './reduce.ts';
import { assign, reshape, slice } from './shape.ts';
import { rsqrt, square } from './unary.ts';

export interface BatchNormOptions {
  /** Normalise by the batch's statistics and move the running ones; otherwise normalise by the running ones. */
  readonly train: boolean;
  /** Share of the new value in the running statistics. Default 0.1. */
  readonly momentum?: number;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

/** The training definition in plain ops, without the running statistics. */
export function composedBatchNorm(x: Tensor, weight: Tensor, bias: Tensor, eps: number): Tensor {
  const axes = x.shape.slice(0, -1).map((_, axis) => axis);
  const centred = sub(x, mean(x, axes, true));
  const normal = mul(centred, rsqrt(add(mean(square(centred), axes, true), eps)));
  return add(mul(normal, weight), bias);
}

/**
 * Batch normalisation over all axes but the last: (x − mean) / √(var + eps) · weight + bias. Ioffe and Szegedy 2015.
 *
 * x [n, h, w, c] or [n, c]; weight, bias, runningMean, runningVar [c]. In training the batch's biased variance normalises, and the running statistics
 * move in place, also in a recorded step: running ← (1 − momentum) · running + momentum · batch, with the unbiased variance. They move at every
 * call, so a recomputed block (`checkpoint`) moves them twice.
 */
export function batchNorm(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  runningMean: Tensor,
  runningVar: Tensor,
  { train, momentum = 0.1, eps = 1e-5 }: BatchNormOptions,
): Tensor {
  const channels = checkArguments(x, { weight, bias, runningMean, runningVar });
  if (!train) return frozenNorm(x, weight, bias, runningMean, runningVar, eps);
  const rows = x.size / channels;
  if (rows === 1)
    throw new ArgumentError(
      'batchNorm',
      'x',
      'one value per channel',
      'at least two in training',
      'Use a larger batch',
    );
  const problem: NormProblem = { outer: 1, rows, channels, eps };
  const affine: NormAffine = { scale: 'weight[c]', shift: 'bias[c]', sources: { weight, bias } };
  const stats = normStatistics(x, problem);
  moveRunning(runningMean, runningVar, stats, momentum, rows);
  return fused({
    name: 'batchNorm',
    inputs: [x, weight, bias],
    forward: () => normApplied(x, stats, problem, affine),
    backward: (g, needs) => {
      const sums = normAffineGradient(x, stats, g, problem, affine);
      const part = (k: number) => reshape(slice(sums, 1, k, k + 1), [channels]);
      const dx = needs[0] ? normInputGradient(x, stats, g, sums, problem, affine) : undefined;
      return [dx, needs[1] ? part(0) : undefined, needs[2] ? part(1) : undefined];
    },
    composed: (input, w, b) => composedBatchNorm(input as Tensor, w as Tensor, b as Tensor, eps),
  });
}

/** Evaluation mode in one pass: (x − mean) · weight / √(var + eps) + bias. The running statistics are constants. */
function frozenNorm(x: Tensor, weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, eps: number): Tensor {
  const deviation = (name: string) => `sqrt(${name} + ${V(eps)})`;
  const scaled = (g: Tensor): Tensor =>
    pointwise(
      'batchNormScale',
      `a * (b / ${deviation('c')})`,
      [g, weight, variance.detach()],
      [(h) => scaled(h), (h) => mul(mul(h, g), rsqrt(add(variance.detach(), eps)))],
    );
  const normal = (): Tensor =>
    pointwise(
      'batchNormNormal',
      `(a - b) / ${deviation('c')}`,
      [x, mean.detach(), variance.detach()],
      [(h) => mul(h, rsqrt(add(variance.detach(), eps)))],
    );
  return pointwise(
    'batchNormEval',
    `(a - d) * (b / ${deviation('e')}) + c`,
    [x, weight, bias, mean.detach(), variance.detach()],
    [(g) => scaled(g), (g) => mul(g, normal()), (g) => g],
  );
}

function moveRunning(runningMean: Tensor, runningVar: Tensor, stats: Tensor, momentum: number, rows: number): void {
  const unbiased = rows / (rows - 1);
  const batch = (k: number) => noGrad(() => reshape(slice(stats, 1, k, k + 1), runningMean.shape));
  const move = (running: Tensor, value: Tensor, gain: number) =>
    assign(running, launchMap('moveRunning', `a * ${V(1 - momentum)} + b * ${V(momentum * gain)}`, [running, value]));
  move(runningMean, batch(0), 1);
  move(runningVar, batch(1), unbiased);
}

function checkArguments(x: Tensor, perChannel: Readonly<Record<string, Tensor>>): number {
  checkDType('batchNorm', 'x', x, 'f32');
  if (x.rank !== 4 && x.rank !== 2) {
    throw new ArgumentError('batchNorm', 'x', String(x), '[batch, height, width, channels] or [batch, channels]');
  }
  const channels = x.dim(-1);
  for (const [name, value] of Object.entries(perChannel)) {
    checkShape('batchNorm', name, value.shape, [channels], 'One value per channel of x');
    checkDType('batchNorm', name, value, 'f32');
  }
  return channels;
}
