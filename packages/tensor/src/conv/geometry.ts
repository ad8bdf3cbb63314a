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
  readonly paddingMode?: PaddingMode;
  /** Channel groups that see only themselves; `groups = channels` is a depthwise convolution. Default 1. */
  readonly groups?: number;
  /** Applied to the result, after the bias, before it is written: saves a pass over memory. */
  readonly activation?: Activation;
}

/** What a convolution takes beside its tensors. */
export const CONV2D_OPTIONS: OptionKeys<Conv2dOptions> = {
  stride: true,
  padding: true,
  paddingMode: true,
  groups: true,
  activation: true,
};

/** Options of convolutions elsewhere, and what to do without them. */
export const MISSING_CONV_OPTIONS = {
  dilation: 'Dilated convolutions are not built; spread the weight out with zeros between its taps',
  outputPadding: 'Output padding is not built; take padding 0 and slice() the pixels that are wanted out of the result',
  bias: 'The bias is the third argument',
};

/** Throws unless `options` are those of a convolution. */
export const checkConvOptions = (op: string, options: Conv2dOptions): void =>
  checkOptions(op, options, CONV2D_OPTIONS, MISSING_CONV_OPTIONS);

// Of strides and padding: indices of pixels are 32-bit integers in kernels, and no image is so large.
const MOST_STEP = 32767;

/** Throws unless stride, padding and groups are whole numbers that a kernel can count with. */
export function checkSteps(op: string, { stride = 1, padding = 0, groups = 1 }: Conv2dOptions): void {
  checkInteger(op, 'stride', stride, 1, MOST_STEP, 'It is one number for both directions');
  checkInteger(op, 'padding', padding, 0, MOST_STEP, 'It is one number for all sides');
  checkInteger(op, 'groups', groups, 1);
}

/** The padding modes by name. */
export const PADDING_MODES: readonly PaddingMode[] = ['zero', 'reflect', 'replicate'];

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

/** Checks the shapes of a convolution and derives the rest: outHeight = ⌊(height + 2·padding − kernel) / stride⌋ + 1. */
export function convGeometry(op: string, x: Shape, w: Shape, options: Conv2dOptions): ConvGeometry {
  const { stride = 1, padding = 0, paddingMode = 'zero', groups = 1 } = options;
  checkSteps(op, options);
  checkOneOf(op, 'paddingMode', paddingMode, PADDING_MODES);
  if (x.length !== 4) throw new ArgumentError(op, 'x', showShape(x), '[batch, height, width, channels]');
  if (w.length !== 4)
    throw new ArgumentError(op, 'w', showShape(w), '[kernel height, kernel width, channels in / groups, channels out]');
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
    throw new ArgumentError(op, 'padding', String(padding), `at most ${reach} to ${paddingMode} in ${showShape(x)}`);
  }
  const outHeight = Math.floor((height + 2 * padding - kernelHeight) / stride) + 1;
  const outWidth = Math.floor((width + 2 * padding - kernelWidth) / stride) + 1;
  if (outHeight < 1 || outWidth < 1) {
    throw new ArgumentError(op, 'x', showShape(x), `at least ${kernelHeight}x${kernelWidth} after padding ${padding}`);
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
