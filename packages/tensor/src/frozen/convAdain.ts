/** @file A convolution and the adaptive instance norm behind it; without gradients in fewer launches. */
import { conv2d, conv2dMergedBy } from '../conv/conv2d.ts';
import type { Conv2dOptions } from '../conv/geometry.ts';
import { gradEnabled, track, unwatched } from '../core/autograd.ts';
import { empty, type Tensor } from '../core/tensor.ts';
import type { SplitSums } from '../gemm/problem.ts';
import { type AdainOptions, adain, styling } from '../norm/adain.ts';
import { normOfSplits } from '../norm/kernels.ts';

/** A convolution: weight [kh, kw, ci, co] and, if it has one, bias [co]. */
export interface BiasedConv {
  readonly weight: Tensor;
  readonly bias?: Tensor;
  readonly options?: Conv2dOptions;
}

/** The definition of {@link convAdain} in plain ops. */
export const composedConvAdain = (x: Tensor, conv: BiasedConv, style: Tensor, options: AdainOptions = {}): Tensor =>
  adain(conv2d(x, conv.weight, conv.bias, conv.options), style, options);

/**
 * y = adain(x ⋆ weight + bias, style): see {@link conv2d} and {@link adain}.
 *
 * x [n, h, w, ci], style [n, 2·co] → [n, h', w', co], in the type of x. Inside `noGrad`, where the product
 * splits K, and planes fit into registers, the norm adds the split sums itself: one launch less. In f32 the bits
 * are those of the two ops; in f16 the result of the convolution is not rounded in between.
 *
 * @throws ArgumentError as {@link conv2d} and {@link adain} do.
 */
export function convAdain(x: Tensor, conv: BiasedConv, style: Tensor, options: AdainOptions = {}): Tensor {
  const { weight, bias, options: geometry = {} } = conv;
  if (gradEnabled()) return composedConvAdain(x, conv, style, options);
  let normed: Tensor | undefined;
  const mergedBy = ({ partial, type, finish }: SplitSums): Tensor | undefined => {
    if (finish.activation) return undefined;
    const out = empty(x.gpu, partial.shape.slice(1), type);
    const { problem, affine } = styling(out, style, options);
    normed = normOfSplits(partial, finish.bias, out, problem, affine);
    return normed;
  };
  const y = unwatched(() => conv2dMergedBy(x, weight, bias, geometry, mergedBy));
  // shown to whoever watches ops, under the name of what it is
  const shown = track(normed ? 'convAdain' : 'conv2d', y, [], () => []);
  return normed ? shown : adain(shown, style, options);
}
