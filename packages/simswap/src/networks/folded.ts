/**
 * @file Frozen batch norms folded into the convolutions around them.
 *
 * In evaluation a batch norm is an affine map per channel, y = x · scale + shift. Behind a convolution it scales the weight's columns and becomes a bias.
 * In front of one it scales the weight's rows, and its shift, run through the convolution, becomes an offset: one value per channel
 * if nothing is padded, else one per pixel and channel, because the border sees zeros where the shift would be.
 */
import { type Affine, type Conv2d, Layer, type Linear } from '@visage/nn';
import { add, assign, conv2d, expand, linear, matmul, mul, noGrad, reshape, scope, type Tensor } from '@visage/tensor';
import { offsetConv } from '@visage/tensor/kernels';

/** A weight and an offset, computed from frozen tensors by `fold`, again whenever these change. */
abstract class Folded extends Layer {
  readonly weight: Tensor;
  readonly offset: Tensor;
  readonly #fold: () => readonly [weight: Tensor, offset: Tensor];

  constructor(fold: () => readonly [weight: Tensor, offset: Tensor]) {
    super();
    this.#fold = fold;
    const [weight, offset] = scope(() => noGrad(fold));
    this.weight = this.buffer('weight', weight.detach());
    this.offset = this.buffer('offset', offset.detach());
    this.freeze();
  }

  /** Takes over the present values of what was folded, in place: recorded steps see them. */
  refold(): void {
    scope(() =>
      noGrad(() => {
        const [weight, offset] = this.#fold();
        assign(this.weight, weight);
        assign(this.offset, offset);
      }),
    );
  }
}

/** The affine maps around a convolution. */
export interface ConvSurroundings {
  readonly before?: () => Affine;
  readonly after: () => Affine;
}

/**
 * A convolution with what surrounds it folded in, on maps of one size: [N, size, size, in] → [N, H', W', out], followed by a PReLU if asked for.
 *
 * The offset is a bias [out], or [1, H', W', out] where padding meets a shift in front of the convolution.
 */
export class FoldedConv extends Folded {
  readonly options: Conv2d['options'];

  constructor(conv: Conv2d, size: number, surroundings: ConvSurroundings) {
    super(() => foldConv(conv, size, surroundings));
    this.options = conv.options;
  }

  /** @param slope of a PReLU behind the offset, [1] or [out]. */
  forward(x: Tensor, slope?: Tensor): Tensor {
    return offsetConv(x, this, slope);
  }
}

function foldConv(conv: Conv2d, size: number, { before, after }: ConvSurroundings): [Tensor, Tensor] {
  const outer = after();
  const weight = mul(conv.weight, outer.scale);
  const bias = conv.bias ? add(mul(conv.bias, outer.scale), outer.shift) : outer.shift;
  if (!before) return [weight, bias];
  const { scale, shift } = before();
  const padded = (conv.options.padding ?? 0) > 0;
  const seen = padded ? size : conv.weight.dim(0); // without padding every pixel sees the same: one of them will do
  const offset = conv2d(expand(shift, [1, seen, seen, shift.size]), weight, bias, conv.options);
  return [mul(weight, reshape(scale, [1, 1, scale.size, 1])), padded ? offset : reshape(offset, [bias.size])];
}

/** A fully connected layer on a flattened map with a batch norm in front of the flattening and one behind folded in. */
export class FoldedLinear extends Folded {
  /** @param before per channel of the map, whose elements come pixel by pixel. */
  constructor(layer: Linear, before: () => Affine, after: () => Affine) {
    super(() => foldLinear(layer, before(), after()));
  }

  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.offset);
  }
}

function foldLinear(layer: Linear, inner: Affine, outer: Affine): [Tensor, Tensor] {
  const [features, results] = [layer.weight.dim(0), layer.weight.dim(1)];
  const channels = inner.scale.size;
  const weight = mul(layer.weight, outer.scale);
  const shift = reshape(expand(inner.shift, [features / channels, channels]), [1, features]);
  const through = add(reshape(matmul(shift, weight), [results]), outer.shift);
  const rows = reshape(weight, [features / channels, channels, results]);
  const scaled = mul(rows, reshape(inner.scale, [1, channels, 1]));
  return [reshape(scaled, [features, results]), layer.bias ? add(through, mul(layer.bias, outer.scale)) : through];
}
