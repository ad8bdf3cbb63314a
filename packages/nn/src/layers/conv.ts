import { ArgumentError } from '@visage/gpu';
import {
  type Activation,
  type Conv2dOptions,
  type ConvTranspose2dOptions,
  conv2d,
  convTranspose2d,
  type Tensor,
} from '@visage/tensor';
import { kaimingUniform } from '../initialisers.ts';
import { Layer } from '../module.ts';

/** Options of {@link Conv2d}: the geometry of the op, and whether there is a bias (default true). */
export interface ConvLayerOptions extends Conv2dOptions {
  readonly bias?: boolean;
}

/** Options of {@link ConvTranspose2d}. */
export interface ConvTransposeLayerOptions extends ConvTranspose2dOptions {
  readonly bias?: boolean;
}

/**
 * Convolution of NHWC images: [N, H, W, in] → [N, H', W', out], H' = ⌊(H + 2·padding − kernel) / stride⌋ + 1.
 *
 * State: `weight` [kernel, kernel, in / groups, out], `bias` [out]. Initial values are PyTorch's: U(±1/√fanIn).
 */
export class Conv2d extends Layer {
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
  readonly options: ConvLayerOptions;

  constructor(inChannels: number, outChannels: number, kernel: number, options: ConvLayerOptions = {}) {
    super();
    const groups = options.groups ?? 1;
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new ArgumentError(
        'Conv2d',
        'groups',
        String(groups),
        `a divisor of ${inChannels} and ${outChannels} channels`,
      );
    }
    const fanIn = kernel * kernel * (inChannels / groups);
    const shape = [kernel, kernel, inChannels / groups, outChannels];
    this.weight = this.param('weight', kaimingUniform(shape, fanIn), 'conv');
    if (options.bias ?? true) this.bias = this.param('bias', kaimingUniform([outChannels], fanIn));
    this.options = options;
  }

  /** @param activation behind the bias, in the same kernel. */
  forward(x: Tensor, activation?: Activation): Tensor {
    return conv2d(x, this.weight, this.bias, activation ? { ...this.options, activation } : this.options);
  }
}

/**
 * Transposed convolution of NHWC images: [N, H, W, in] → [N, H', W', out], H' = (H − 1)·stride − 2·padding + kernel.
 *
 * State: `weight` [kernel, kernel, out, in], `bias` [out].
 */
export class ConvTranspose2d extends Layer {
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
  readonly options: ConvTransposeLayerOptions;

  constructor(inChannels: number, outChannels: number, kernel: number, options: ConvTransposeLayerOptions = {}) {
    super();
    const fanIn = kernel * kernel * outChannels; // PyTorch takes the fan of the convolution that this one transposes
    this.weight = this.param(
      'weight',
      kaimingUniform([kernel, kernel, outChannels, inChannels], fanIn),
      'convTranspose',
    );
    if (options.bias ?? true) this.bias = this.param('bias', kaimingUniform([outChannels], fanIn));
    this.options = options;
  }

  forward(x: Tensor): Tensor {
    return convTranspose2d(x, this.weight, this.bias, this.options);
  }
}
