/** @file The options and extents of a convolution, and what its kernels see past the edge of an image. */
import { ArgumentError, checkInteger, checkOneOf, checkOptions, type OptionKeys } from '@visage/gpu';
import { type Shape, showShape } from '../core/shape.ts';
import type { Activation } from '../elementwise/activation.ts';

/** What a convolution sees past the edge of its input. */
export type PaddingMode = 'zero' | 'reflect' | 'replicate';

export interface Conv2dOptions {
  /** Step between windows, the same in both directions. Default 1. */
  readonly stride?: number;
  /** Pixels added on each side. Default 0. */
  readonly padding?: number;
  /**
   * What the padding holds: zeros, the mirror image without the edge pixel, or the edge pixel again. Default 'zero'.
   */
  readonly paddingMode?: PaddingMode;
  /**
   * Channels fall into this many groups, and each output channel sums over the inputs of its group alone. `groups =
   * channels` is a depthwise convolution. Default 1.
   */
  readonly groups?: number;
  /** Applied to the result, after the bias, before it is written: saves a pass over memory. */
  readonly activation?: Activation;
}

/** The names of the options of a convolution. */
export const CONV2D_OPTIONS: OptionKeys<Conv2dOptions> = {
  stride: true,
  padding: true,
  paddingMode: true,
  groups: true,
  activation: true,
};

/** Options that other libraries' convolutions have, and what to do without them. */
export const MISSING_CONV_OPTIONS = {
  dilation: 'Dilated convolutions are not built; spread the weight out with zeros between its taps',
  outputPadding: 'Output padding is not built; take padding 0 and slice() the pixels that are wanted out of the result',
  bias: 'The bias is the third argument',
};

/** @throws ArgumentError that names `op` if an option is unknown. */
export const checkConvOptions = (op: string, options: Conv2dOptions): void =>
  checkOptions(op, options, CONV2D_OPTIONS, MISSING_CONV_OPTIONS);

// of strides and padding: kernels compute with 32-bit indices of pixels, and no image is so large
const MOST_STEP = 32767;

/** @throws ArgumentError that names `op` unless stride, padding and groups are integers that kernels can count with. */
export function checkSteps(op: string, { stride = 1, padding = 0, groups = 1 }: Conv2dOptions): void {
  checkInteger(op, 'stride', stride, 1, MOST_STEP, 'It is one number for both directions');
  checkInteger(op, 'padding', padding, 0, MOST_STEP, 'It is one number for all sides');
  checkInteger(op, 'groups', groups, 1);
}

/** The padding modes by name. */
export const PADDING_MODES: readonly PaddingMode[] = ['zero', 'reflect', 'replicate'];

/**
 * WGSL expressions of the coordinate that is read for coordinate `at`, inside or outside of 0 … extent − 1. Zero
 * padding stays outside.
 */
const BORDER: Readonly<Record<PaddingMode, string>> = {
  zero: 'at',
  replicate: 'clamp(at, 0, extent - 1)',
  reflect: 'extent - 1 - abs(extent - 1 - abs(at))',
};

/**
 * WGSL of `fn border(at : i32, extent : i32) -> i32`, which kernels that read past the edge of an image call for both
 * axes.
 */
export const borderCode = (mode: PaddingMode): string =>
  `fn border(at : i32, extent : i32) -> i32 { return ${BORDER[mode]}; }`;

/** Every extent of a convolution y = x ⋆ w. */
export interface ConvGeometry {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channelsIn: number;
  readonly channelsOut: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly stride: number;
  readonly padding: number;
  readonly paddingMode: PaddingMode;
  readonly groups: number;
}

export const xShape = (g: ConvGeometry): Shape => [g.batch, g.height, g.width, g.channelsIn];
export const yShape = (g: ConvGeometry): Shape => [g.batch, g.outHeight, g.outWidth, g.channelsOut];
export const wShape = (g: ConvGeometry): Shape => [
  g.kernelHeight,
  g.kernelWidth,
  g.channelsIn / g.groups,
  g.channelsOut,
];

/**
 * The extents of a convolution of x [batch, height, width, channels in] with w [kernel height, kernel width, channels
 * in / groups, channels out]: outHeight = ⌊(height + 2 · padding − kernelHeight) / stride⌋ + 1, outWidth alike.
 *
 * @throws ArgumentError that names `op` if an option is out of range, if the shapes do not fit, or if no pixel is left.
 */
export function convGeometry(op: string, x: Shape, w: Shape, options: Conv2dOptions): ConvGeometry {
  const { stride = 1, padding = 0, paddingMode = 'zero', groups = 1 } = options;
  checkSteps(op, options);
  checkOneOf(op, 'paddingMode', paddingMode, PADDING_MODES);
  if (x.length !== 4)
    throw new ArgumentError(op, 'x', showShape(x), '[batch, height, width, channels]', 'reshape() to four axes');
  if (w.length !== 4)
    throw new ArgumentError(
      op,
      'w',
      showShape(w),
      '[kernel height, kernel width, channels in / groups, channels out]',
      'permute() a weight of another layout, or reshape() it to four axes',
    );
  const [batch, height, width, channelsIn] = x as [number, number, number, number];
  const [kernelHeight, kernelWidth, perGroup, channelsOut] = w as [number, number, number, number];
  if (perGroup * groups !== channelsIn || channelsOut % groups !== 0) {
    throw new ArgumentError(
      op,
      'w',
      showShape(w),
      `channels in ${channelsIn} / ${groups} groups, and channels out a multiple of ${groups}`,
      `x is ${showShape(x)}`,
    );
  }
  const reach = Math.min(height, width) - (paddingMode === 'reflect' ? 1 : 0);
  if (paddingMode !== 'zero' && padding > reach) {
    throw new ArgumentError(
      op,
      'padding',
      String(padding),
      `at most ${reach} to ${paddingMode} in ${showShape(x)}`,
      "Pad less, or with paddingMode 'zero'",
    );
  }
  const outHeight = Math.floor((height + 2 * padding - kernelHeight) / stride) + 1;
  const outWidth = Math.floor((width + 2 * padding - kernelWidth) / stride) + 1;
  if (outHeight < 1 || outWidth < 1) {
    throw new ArgumentError(
      op,
      'x',
      showShape(x),
      `at least ${kernelHeight}x${kernelWidth} after padding ${padding}`,
      'Pad more, or take a smaller kernel',
    );
  }
  return {
    batch,
    height,
    width,
    channelsIn,
    channelsOut,
    outHeight,
    outWidth,
    kernelHeight,
    kernelWidth,
    stride,
    padding,
    paddingMode,
    groups,
  };
}
