import { ArgumentError, checkBoolean, checkNumber, checkOptions, f32Literal, type OptionKeys } from '@visage/gpu';
import { gradEnabled, track } from '../core/autograd.ts';
import { V } from '../core/map.ts';
import { checkShape } from '../core/shape.ts';
import { checkFloat, floatTypeOf } from '../core/storage.ts';
import { checkDType, type Tensor } from '../core/tensor.ts';
import { add, mul, sub } from '../elementwise/arithmetic.ts';
import { sumTo } from '../elementwise/broadcast.ts';
import { cast } from '../elementwise/cast.ts';
import { pointwise } from '../elementwise/pointwise.ts';
import { mean } from '../elementwise/reduce.ts';
import { leakyGate, leakyRelu, rsqrt, square } from '../elementwise/unary.ts';
import { type NormProblem, vectorWidthOf } from '../reduce/threads.ts';
import { type NormAffine, type NormObserver, normChannelGradients, normForward } from './kernels.ts';
import { jacobianOfNorm, standardize } from './standardize.ts';

export interface BatchNormOptions {
  /** Normalise by the batch's statistics and move the running ones; otherwise normalise by the running ones. */
  readonly train: boolean;
  /** Share of the new value in the running statistics. Default 0.1. */
  readonly momentum?: number;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /**
   * Apply a leaky ReLU of this slope to the result, 0 for a ReLU: it then costs no pass of its own. At least 0; none by
   * default.
   */
  readonly slope?: number;
}

const OPTIONS: OptionKeys<BatchNormOptions> = { train: true, momentum: true, eps: true, slope: true };

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
 * x [n, h, w, c] or [n, c]; weight, bias, runningMean, runningVar [c] in f32 → the shape and type of x.
 *
 * In training the batch's biased variance normalises, and the running statistics move in place, also in a recorded
 * step: running ← (1 − momentum) · running + momentum · batch, with the unbiased variance. They move at every call, so
 * a block that `checkpoint` recomputes moves them twice. A channel's statistics stay if the batch would make them
 * infinite or NaN.
 *
 * @throws ArgumentError for other shapes or types, one value per channel in training, or an unknown option.
 */
export function batchNorm(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  runningMean: Tensor,
  runningVar: Tensor,
  options: BatchNormOptions,
): Tensor {
  const channels = checkArguments(x, { weight, bias, runningMean, runningVar });
  checkOptions('batchNorm', options, OPTIONS);
  const { train, momentum = 0.1, eps = 1e-5, slope } = options;
  checkBoolean('batchNorm', 'train', train);
  checkNumber('batchNorm', 'momentum', momentum, 0, 1, 'It is the share of the new value in the running statistics');
  checkNumber('batchNorm', 'eps', eps, 0);
  // The gradient of the activation reads the sign of its input from the sign of its result.
  if (slope !== undefined) checkNumber('batchNorm', 'slope', slope, 0);
  if (!train) {
    const y = frozenNorm(x, weight, bias, runningMean, runningVar, eps);
    return slope === undefined ? y : leakyRelu(y, slope);
  }
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
  const affine: NormAffine = { scale: 'weight[c]', shift: 'bias[c]', sources: { weight, bias }, slope };
  const { out, stats } = normForward(
    x,
    problem,
    affine,
    moveRunning({ runningMean, runningVar }, momentum, vectorWidthOf(problem)),
  );
  return track('batchNorm', out, [x, weight, bias], (g, needs) => {
    if (gradEnabled()) {
      const h = slope === undefined ? g : leakyGate(g, out, slope);
      return [
        needs[0] ? jacobianOfNorm(x, stats, weighted(h, weight), problem) : undefined,
        needs[1] ? sumTo(product(h, standardize(x, stats, problem)), weight.shape) : undefined,
        needs[2] ? sumTo(cast(h, 'f32'), bias.shape) : undefined,
      ];
    }
    const gradients = normChannelGradients(x, stats, g, problem, affine, needs[0] as boolean);
    return [gradients.x, gradients.scale, gradients.shift];
  });
}

/** g · weight in the type of g, which is rounded once, in the launch that multiplies. */
const weighted = (g: Tensor, weight: Tensor): Tensor =>
  pointwise('mul', 'a * b', [g, weight], [(h) => weighted(h, weight), (h) => product(h, g)], floatTypeOf(g));

/** a · b in f32, whatever their types, because the products are summed next. */
const product = (a: Tensor, b: Tensor): Tensor =>
  pointwise('mul', 'a * b', [a, b], [(h) => mul(h, b), (h) => mul(h, a)], 'f32');

/** Evaluation mode in one pass: (x − mean) · weight / √(var + eps) + bias. The running statistics are constants. */
function frozenNorm(x: Tensor, weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, eps: number): Tensor {
  const deviation = (name: string) => `sqrt(${name} + ${V(eps)})`;
  const scaled = (g: Tensor): Tensor =>
    pointwise(
      'batchNormScale',
      `a * (b / ${deviation('c')})`,
      [g, weight, variance.detach()],
      [(h) => scaled(h), (h) => mul(mul(h, g), rsqrt(add(variance.detach(), eps)))],
      floatTypeOf(g),
    );
  const normal = (): Tensor =>
    pointwise(
      'batchNormNormal',
      `(a - b) / ${deviation('c')}`,
      [x, mean.detach(), variance.detach()],
      [(h) => mul(h, rsqrt(add(variance.detach(), eps)))],
      floatTypeOf(x),
    );
  return pointwise(
    'batchNormEval',
    `(a - d) * (b / ${deviation('e')}) + c`,
    [x, weight, bias, mean.detach(), variance.detach()],
    [(g) => scaled(g), (g) => mul(g, normal()), (g) => g],
    floatTypeOf(x),
  );
}

/**
 * The update of the running statistics, in the kernel that computes the batch's; the variance is unbiased, as in
 * PyTorch.
 *
 * A value that is not finite is not stored. A loss scaler skips the weights' update for a batch that overflows f16, but
 * the forward pass has run by then, and a NaN would stay in the running statistics for ever. The test reads the bits,
 * because a compiler may assume that floats are finite.
 */
function moveRunning(
  targets: Readonly<Record<'runningMean' | 'runningVar', Tensor>>,
  momentum: number,
  vectorWidth: number,
) {
  const U = vectorWidth === 4 ? 'vec4u' : 'u32';
  const moved = (running: string, batch: string) => `{
  let before = ${running}[c];
  let after = before * ${f32Literal(1 - momentum)} + ${batch} * ${f32Literal(momentum)};
  let special = (bitcast<${U}>(after) & ${U}(0x7f800000u)) == ${U}(0x7f800000u);
  ${running}[c] = select(after, before, special);
}`;
  const body = moved('runningMean', 'mean') + moved('runningVar', '(variance * (rows / (rows - 1.0)))');
  return { body, targets } satisfies NormObserver;
}

function checkArguments(x: Tensor, perChannel: Readonly<Record<string, Tensor>>): number {
  checkFloat('batchNorm', 'x', x);
  if (x.rank !== 4 && x.rank !== 2) {
    throw new ArgumentError('batchNorm', 'x', String(x), '[batch, height, width, channels] or [batch, channels]');
  }
  const channels = x.dim(-1);
  for (const [name, value] of Object.entries(perChannel)) {
    checkDType('batchNorm', name, value, 'f32');
    checkShape('batchNorm', name, value.shape, [channels], 'One value per channel of x');
  }
  return channels;
}
