import { checkInteger, checkNumber, type OptionKeys } from '@visage/gpu';
import {
  assign,
  autocast,
  type Conv2dOptions,
  conv2d,
  l2Normalize,
  matmul,
  noGrad,
  reshape,
  scope,
  type Tensor,
} from '@visage/tensor';
import { CONV2D_OPTIONS } from '@visage/tensor/kernels';
import { kaimingUniform, normal } from '../core/initialisers.ts';
import { Layer } from '../core/module.ts';
import { type ConvLayerOptions, checkConvLayer } from './conv.ts';

/** Options of {@link SpectralConv2d}: those of a convolution, and of the power iteration. */
export interface SpectralNormOptions extends ConvLayerOptions {
  /** Steps of the power iteration in each forward pass of training. Default 1. */
  readonly iterations?: number;
  /** Least length by which a vector is divided. Default 1e-12. */
  readonly eps?: number;
}

const OPTIONS: OptionKeys<SpectralNormOptions> = { ...CONV2D_OPTIONS, bias: true, iterations: true, eps: true };

/** Unit vectors that the power iteration has turned towards the largest singular value of a matrix. */
interface SingularVectors {
  /** [rows]. */
  readonly left: Tensor;
  /** [columns]. */
  readonly right: Tensor;
}

const column = (x: Tensor): Tensor => reshape(x, [x.size, 1]);
const unit = (x: Tensor, eps: number): Tensor => reshape(l2Normalize(x, 0, eps), [x.size]);

const randomUnit = (size: number): Tensor => scope(() => unit(normal([size]), 1e-12));

/** `iterations` rounds of left ← M · right, right ← Mᵀ · left, each made a unit vector; `matrix` [rows, columns]. No gradient. */
export function powerIteration(matrix: Tensor, right: Tensor, iterations: number, eps = 1e-12): SingularVectors {
  checkInteger('powerIteration', 'iterations', iterations, 1);
  return noGrad(() => {
    const step = (by: Tensor): SingularVectors => {
      const left = unit(matmul(matrix, column(by)), eps);
      return { left, right: unit(matmul(matrix, column(left), { transposeA: true }), eps) };
    };
    let vectors = step(right);
    for (let k = 1; k < iterations; k++) vectors = step(vectors.right);
    return vectors;
  });
}

/**
 * Convolution whose weight is divided by an estimate of its largest singular value: y = x ⋆ (w / σ) + bias, σ = vᵀ W u.
 *
 * W is the weight as a matrix [kernel · kernel · in / groups, out]. Each forward pass of training moves u and v one power iteration on and
 * divides by the σ of the moved ones, through whose W gradients flow; in evaluation u and v stand still. Miyato et al. 2018; semantics, state
 * names and order are those of PyTorch's `torch.nn.utils.spectral_norm` around a `Conv2d`.
 *
 * State: `bias` [out], `weight_orig` [kernel, kernel, in / groups, out], buffers `weight_u` [out] and `weight_v` [kernel · kernel · in / groups].
 */
export class SpectralConv2d extends Layer {
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
  /** [out]. */
  readonly u: Tensor;
  /** [kernel · kernel · in / groups]. */
  readonly v: Tensor;
  /** Those of the convolution. */
  readonly options: Conv2dOptions;
  readonly #iterations: number;
  readonly #eps: number;

  constructor(inChannels: number, outChannels: number, kernel: number, options: SpectralNormOptions = {}) {
    super();
    const op = 'SpectralConv2d';
    const { groups, bias } = checkConvLayer(op, [inChannels, outChannels, kernel], options, OPTIONS);
    const { iterations = 1, eps = 1e-12, bias: _, ...own } = options;
    checkInteger(op, 'iterations', iterations, 1);
    checkNumber(op, 'eps', eps, 1e-19);
    const perGroup = inChannels / groups;
    const fanIn = kernel * kernel * perGroup;
    if (bias) this.bias = this.param('bias', kaimingUniform([outChannels], fanIn));
    const shape = [kernel, kernel, perGroup, outChannels];
    this.weight = this.param('weight_orig', kaimingUniform(shape, fanIn), 'conv');
    this.u = this.buffer('weight_u', randomUnit(outChannels));
    this.v = this.buffer('weight_v', randomUnit(fanIn), { unflattened: [perGroup, kernel, kernel] });
    this.options = own;
    this.#iterations = iterations;
    this.#eps = eps;
  }

  forward(x: Tensor): Tensor {
    return conv2d(x, this.normalizedWeight(), this.bias, this.options);
  }

  /** w / σ, in f32 also in mixed precision; in training after a power iteration, which changes u and v. */
  normalizedWeight(): Tensor {
    return autocast('f32', () => this.#divided());
  }

  #divided(): Tensor {
    const matrix = reshape(this.weight, [this.v.size, this.u.size]);
    let [left, right] = [this.v, this.u];
    if (this.training) {
      // The graph keeps the new vectors themselves: a second pass before the gradient is taken moves the buffers on.
      ({ left, right } = powerIteration(matrix, this.u, this.#iterations, this.#eps));
      assign(this.v, left);
      assign(this.u, right);
    }
    const sigma = matmul(reshape(left, [1, this.v.size]), matmul(matrix, column(right)));
    return this.weight.div(reshape(sigma, [1, 1, 1, 1]));
  }
}
