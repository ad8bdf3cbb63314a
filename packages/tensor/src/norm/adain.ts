import { checkBoolean, checkOptions, type OptionKeys } from '@visage/gpu';
import { fused } from '../core/fused.ts';
import { checkShape } from '../core/shape.ts';
import { checkFloat, floatTypeOf } from '../core/storage.ts';
import type { Tensor } from '../core/tensor.ts';
import { add, mul } from '../elementwise/arithmetic.ts';
import { cast } from '../elementwise/cast.ts';
import { reshape } from '../elementwise/reshape.ts';
import { slice } from '../elementwise/shape.ts';
import { relu as reluOp } from '../elementwise/unary.ts';
import { composedInstanceNorm, imageNorm } from './instanceNorm.ts';
import { type NormAffine, normForward, normGradients } from './kernels.ts';
import { standardize } from './standardize.ts';

export interface AdainOptions {
  /** Added to the variance; SimSwap's 1e-8 by default. */
  readonly eps?: number;
  /** Apply a ReLU to the styled image. */
  readonly relu?: boolean;
  /** Added last, after the ReLU: the skip connection of a residual block, with the shape of x. */
  readonly residual?: Tensor;
}

/** The definition in plain ops. */
export const composedAdain = (x: Tensor, style: Tensor, options: AdainOptions = {}): Tensor =>
  styled(composedInstanceNorm(x, options.eps ?? 1e-8), style, options);

/** What follows the norm, in plain ops. */
function styled(normal: Tensor, style: Tensor, { relu = false, residual }: AdainOptions): Tensor {
  const [n, c] = [normal.dim(0), normal.dim(3)];
  const gamma = reshape(slice(style, 1, 0, c), [n, 1, 1, c]);
  const beta = reshape(slice(style, 1, c, 2 * c), [n, 1, 1, c]);
  const scaled = add(mul(normal, add(gamma, 1)), beta);
  const active = relu ? reluOp(scaled) : scaled;
  return residual ? add(active, residual) : active;
}

const OPTIONS: OptionKeys<AdainOptions> = { eps: true, relu: true, residual: true };

/**
 * Adaptive instance normalisation: (1 + γ) · instanceNorm(x) + β, then optionally a ReLU, then optionally + residual.
 *
 * x [n, h, w, c], style [n, 2c] with γ in its first c columns and β in its last → [n, h, w, c], in the type of x. The
 * arithmetic is f32. Images of small planes are read once, others twice; so are image and gradient in the backward
 * pass. SimSwap injects the identity by it (Chen et al. 2020, section 3); Huang and Belongie 2017.
 *
 * @throws ArgumentError for other shapes or types, images of one pixel, or an unknown option.
 */
export function adain(x: Tensor, givenStyle: Tensor, options: AdainOptions = {}): Tensor {
  const { problem, affine, style, residual } = styling(x, givenStyle, options);
  const { out, stats } = normForward(x, problem, affine);
  return fused({
    name: 'adain',
    inputs: residual ? [x, style, residual] : [x, style],
    forward: () => out,
    backward: (g, needs) => {
      if (!needs[0] && !needs[1]) return [undefined, undefined, g];
      const { x: dx, affine: sums } = normGradients(x, stats, g, problem, affine, needs[0]);
      return [dx, reshape(sums, style.shape), g];
    },
    composed: (input, inputStyle, skip) =>
      cast(
        styled(standardize(input as Tensor, stats, problem), inputStyle as Tensor, {
          relu: options.relu,
          residual: skip,
        }),
        x.dtype,
      ),
  });
}

/** What {@link adain} launches for x, or for a result that has its shape and type, once its arguments are checked. */
export function styling(x: Tensor, givenStyle: Tensor, options: AdainOptions) {
  checkOptions('adain', options, OPTIONS);
  const { eps = 1e-8, relu = false, residual: skipped } = options;
  checkBoolean('adain', 'relu', relu);
  const problem = imageNorm('adain', x, eps);
  checkFloat('adain', 'style', givenStyle);
  const expected = [x.dim(0), 2 * x.dim(3)];
  checkShape('adain', 'style', givenStyle.shape, expected, 'Scale offsets γ first, then shifts β, per sample');
  if (skipped !== undefined) checkFloat('adain', 'residual', skipped);
  if (skipped) checkShape('adain', 'residual', skipped.shape, x.shape);
  const style = cast(givenStyle, 'f32');
  const residual = skipped && cast(skipped, floatTypeOf(x));
  const affine: NormAffine = {
    scale: 'V(1.0) + style[outer * 2u * GROUPS + c]',
    shift: 'style[(outer * 2u + 1u) * GROUPS + c]',
    sources: { style },
    slope: relu ? 0 : undefined,
    residual,
  };
  return { problem, affine, style, residual };
}
