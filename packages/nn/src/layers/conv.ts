import { ArgumentError, checkBoolean, checkInteger, checkOptions, type OptionKeys } from '@visage/gpu';
import {
  type Activation,
  type Conv2dOptions,
  type ConvTranspose2dOptions,
  conv2d,
  convTranspose2d,
  type Tensor,
} from '@visage/tensor';
import { CONV2D_OPTIONS, MISSING_CONV_OPTIONS } from '@visage/tensor/kernels';
import { kaimingUniform } from '../core/initialisers.ts';
import { Layer } from '../core/module.ts';

/** Options of {@link Conv2d}: the geometry of the op, and whether there is a bias (default true). */
export interface ConvLayerOptions extends Conv2dOptions {
  readonly bias?: boolean;
}

/** Options of {@link ConvTranspose2d}. */
export interface ConvTransposeLayerOptions extends ConvTranspose2dOptions {
  readonly bias?: boolean;
}

const { bias: _, ...MISSING } = MISSING_CONV_OPTIONS;
const OPTIONS: OptionKeys<ConvLayerOptions> = { ...CONV2D_OPTIONS, bias: true };
const TRANSPOSE_OPTIONS: OptionKeys<ConvTransposeLayerOptions> = {
  stride: true,
  padding: true,
  groups: true,
  bias: true,
};

/**
 * What a convolutional layer is made of, checked: channels of input and result in each group, and whether there is
 * a bias.
 */
export function checkConvLayer<O extends ConvTransposeLayerOptions>(
  op: string,
  [inChannels, outChannels, kernel]: readonly [number, number, number],
  options: O,
  keys: OptionKeys<O>,
): { readonly groups: number; readonly bias: boolean } {
  for (const [name, value] of Object.entries({ inChannels, outChannels, kernel })) checkInteger(op, name, value, 1);
  checkOptions<O>(op, options, keys, MISSING);
  const { groups = 1, bias = true } = options;
  checkInteger(op, 'groups', groups, 1);
  checkBoolean(op, 'bias', bias);
  if (inChannels % groups !== 0 || outChannels % groups !== 0) {
    const expected = `a divisor of ${inChannels} and ${outChannels} channels`;
    throw new ArgumentError(op, 'groups', String(groups), expected);
  }
  return { groups, bias };
}

/**
 * Convolution of NHWC images: [N, H, W, in] → [N, H', W', out], H' = ⌊(H + 2·padding − kernel) / stride⌋ + 1.
 *
 * State: `weight` [kernel, kernel, in / groups, out], `bias` [out]. Initial values are PyTorch's: U(±1/√fanIn).
 */
export class Conv2d extends Layer {
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
  /** Those of the op. */
  readonly options: Conv2dOptions;

  constructor(inChannels: number, outChannels: number, kernel: number, options: ConvLayerOptions = {}) {
    super();
    const { groups, bias } = checkConvLayer('Conv2d', [inChannels, outChannels, kernel], options, OPTIONS);
    const fanIn = kernel * kernel * (inChannels / groups);
    const shape = [kernel, kernel, inChannels / groups, outChannels];
    this.weight = this.param('weight', kaimingUniform(shape, fanIn), 'conv');
    if (bias) this.bias = this.param('bias', kaimingUniform([outChannels], fanIn));
    const { bias: _, ...own } = options;
    this.options = own;
  }

  /** @param activation behind the bias, in the same kernel. */
  forward(x: Tensor, activation?: Activation): Tensor {
    return conv2d(x, this.weight, this.bias, activation ? { ...this.options, activation } : this.options);
  }
}

/**
 * Transposed convolution of NHWC images: [N, H, W, in] → [N, H', W', out], H' = (H − 1)·stride − 2·padding + kernel.
 *
 * State: `weight` [kernel, kernel, out / groups, in], `bias` [out].
 */
export class ConvTranspose2d extends Layer {
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
  /** Those of the op. */
  readonly options: ConvTranspose2dOptions;

  constructor(inChannels: number, outChannels: number, kernel: number, options: ConvTransposeLayerOptions = {}) {
    super();
    const sizes = [inChannels, outChannels, kernel] as const;
    const { groups, bias } = checkConvLayer('ConvTranspose2d', sizes, options, TRANSPOSE_OPTIONS);
    const perGroup = outChannels / groups;
    const fanIn = kernel * kernel * perGroup; // PyTorch takes the fan of the convolution that this one transposes
    this.weight = this.param('weight', kaimingUniform([kernel, kernel, perGroup, inChannels], fanIn), 'convTranspose');
    if (bias) this.bias = this.param('bias', kaimingUniform([outChannels], fanIn));
    const { bias: _, ...own } = options;
    this.options = own;
  }

  forward(x: Tensor): Tensor {
    return convTranspose2d(x, this.weight, this.bias, this.options);
  }
}
