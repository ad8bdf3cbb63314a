/** @file A frozen residual block: two convolutions with a PReLU between them beside a shortcut, with what is pointwise done by the products. */
import { ArgumentError, checkOptions, type OptionKeys } from '@visage/gpu';
import { convForward, convInputGrad } from '../conv/algorithms.ts';
import { conv2dInputGrad } from '../conv/conv2d.ts';
import { type ConvGeometry, convGeometry, yShape } from '../conv/geometry.ts';
import type { ConvFinish } from '../conv/implicitGemm.ts';
import { gradEnabled } from '../core/autograd.ts';
import { composedGradient, fused } from '../core/fused.ts';
import { checkShape, type Shape } from '../core/shape.ts';
import { checkFloat, isFloat } from '../core/storage.ts';
import { empty, type Tensor } from '../core/tensor.ts';
import { add } from '../elementwise/arithmetic.ts';
import { isCastNow } from '../elementwise/autocast.ts';
import { cast } from '../elementwise/cast.ts';
import { addPrelu, preluGate } from '../elementwise/unary.ts';
import type { Tail } from '../gemm/epilogue.ts';
import { operandsOf } from '../gemm/half.ts';
import { checkOffsetConv, type OffsetConv, offsetConv } from './offsetConv.ts';
import { checkGate, checkSqueeze, type SqueezeGate, squeezeExcitation } from './squeezeExcitation.ts';
import { type Squeezed, type SqueezeKernels, squeezeKernels } from './squeezeKernels.ts';

/** The parts of {@link residualBlock}. */
export interface ResidualBlock {
  readonly conv1: OffsetConv;
  /** Of the PReLU behind conv1, [1] or [c]. */
  readonly slope: Tensor;
  readonly conv2: OffsetConv;
  /** Without one the shortcut is x itself. */
  readonly shortcut?: OffsetConv;
  /** Squeeze and excitation of what conv2 makes; wants a `lastSlope` of one value. */
  readonly gate?: SqueezeGate;
  /** Of a PReLU behind the sum, [1] or [c]. */
  readonly lastSlope?: Tensor;
}

/** Maps the tensors of a block, in a fixed order. */
function mapTensors(block: ResidualBlock, fn: (x: Tensor) => Tensor): ResidualBlock {
  const conv = ({ weight, offset, options }: OffsetConv): OffsetConv => ({
    weight: fn(weight),
    offset: fn(offset),
    options,
  });
  const { gate, shortcut, lastSlope } = block;
  return {
    conv1: conv(block.conv1),
    slope: fn(block.slope),
    conv2: conv(block.conv2),
    ...(shortcut && { shortcut: conv(shortcut) }),
    ...(gate && {
      gate: { w1: fn(gate.w1), b1: fn(gate.b1), slope: fn(gate.slope), w2: fn(gate.w2), b2: fn(gate.b2) },
    }),
    ...(lastSlope && { lastSlope: fn(lastSlope) }),
  };
}

/** The definition in plain ops. */
export function composedResidualBlock(x: Tensor, block: ResidualBlock): Tensor {
  const { conv1, slope, conv2, shortcut, gate, lastSlope } = block;
  const y = offsetConv(offsetConv(x, conv1, slope), conv2);
  const skip = shortcut ? offsetConv(x, shortcut) : x;
  if (gate && lastSlope) return squeezeExcitation(y, gate, skip, lastSlope);
  return lastSlope ? addPrelu(y, skip, lastSlope) : add(y, skip);
}

/**
 * y = join(conv2(prelu(conv1(x) + offset1)) + offset2, shortcut(x)): He et al. 2016, as identity networks have it, with their norms folded.
 *
 * `join` is the sum, with a PReLU behind it if there is a `lastSlope`, or squeeze and excitation ({@link squeezeExcitation}) if there is a `gate`. x [n, h, w, c], f32 or f16, or f32
 * cast by `autocast`; parameters as {@link ResidualBlock} has them. While these are frozen, the products add offsets and shortcuts and apply PReLUs and their
 * gates before they write, three to five launches less for a block with its gradient; their own gradients go through the composition.
 */
export function residualBlock(x: Tensor, block: ResidualBlock): Tensor {
  checkBlock(x, block);
  if (block.gate && !block.lastSlope)
    throw new ArgumentError(
      'residualBlock',
      'lastSlope',
      'absent',
      'a slope',
      'Squeeze and excitation ends in a PReLU',
    );
  if (isCastNow(x)) return residualBlock(cast(x, 'f16'), block);
  if (!isFusable(x, block)) return composedResidualBlock(x, block);
  checkOffsets(x, block);
  const inputs = [x, ...parametersOf(block)];
  const composed = (input?: Tensor, ...parameters: readonly Tensor[]): Tensor => {
    let next = 0;
    return composedResidualBlock(
      input as Tensor,
      mapTensors(block, () => parameters[next++] as Tensor),
    );
  };
  const made = forward(x, block, gradEnabled() && inputs.some(({ requiresGrad }) => requiresGrad));
  return fused({
    name: 'residualBlock',
    inputs,
    forward: () => made.out,
    backward: (g, needs) =>
      needs.slice(1).includes(true) ? composedGradient(inputs, composed, g, needs) : [backward(g, x, block, made)],
    composed,
  });
}

const PARTS: OptionKeys<ResidualBlock> = {
  conv1: true,
  slope: true,
  conv2: true,
  shortcut: true,
  gate: true,
  lastSlope: true,
};

/** Throws unless all parts are there, tensors are tensors, and options are those of a convolution. */
function checkBlock(x: Tensor, block: ResidualBlock): void {
  const op = 'residualBlock';
  checkFloat(op, 'x', x);
  checkOptions(op, block, PARTS);
  const { conv1, slope, conv2, shortcut, gate, lastSlope } = block;
  for (const [name, conv] of Object.entries({ conv1, conv2, ...(shortcut && { shortcut }) }))
    checkOffsetConv(op, `${name}.`, conv);
  checkFloat(op, 'slope', slope);
  if (lastSlope) checkFloat(op, 'lastSlope', lastSlope);
  if (gate) checkGate(op, gate);
}

function parametersOf(block: ResidualBlock): Tensor[] {
  const found: Tensor[] = [];
  mapTensors(block, (x) => {
    found.push(x);
    return x;
  });
  return found;
}

/** Tails want columns in fours, products neither groups nor folded borders, and a sum one addend beside its bias. */
function isFusable(x: Tensor, block: ResidualBlock): boolean {
  const { conv1, conv2, shortcut } = block;
  const plain = [conv1, conv2, ...(shortcut ? [shortcut] : [])].every(
    ({ weight, options: { groups = 1, paddingMode = 'zero' } = {} }) =>
      groups === 1 && paddingMode === 'zero' && weight.dim(2) % 4 === 0 && weight.dim(3) % 4 === 0,
  );
  return (
    plain && conv2.offset.rank === 1 && isFloat(x.dtype) && parametersOf(block).every(({ dtype }) => dtype === 'f32')
  );
}

/** Offsets and slopes are read by index in epilogues: they must be of the right size. */
function checkOffsets(x: Tensor, { conv1, slope, conv2, shortcut, lastSlope }: ResidualBlock): void {
  const op = 'residualBlock';
  const hidden = yShape(geometryOf(x, conv1));
  const check = (name: string, { offset }: OffsetConv, [, height, width, channels]: Shape) =>
    checkShape(
      op,
      name,
      offset.shape,
      offset.rank === 1 ? [channels as number] : [1, height as number, width as number, channels as number],
    );
  check('conv1.offset', conv1, hidden);
  const out = yShape(convGeometry(op, hidden, conv2.weight.shape, conv2.options ?? {}));
  check('conv2.offset', conv2, out);
  if (shortcut) check('shortcut.offset', shortcut, yShape(geometryOf(x, shortcut)));
  for (const [name, given, shape] of [
    ['slope', slope, hidden],
    ['lastSlope', lastSlope, out],
  ] as const)
    if (given && given.size !== 1)
      checkShape(op, name, given.shape, [shape[3] as number], 'One slope for all channels, or one for each');
}

/** What the forward pass leaves for the gradient. */
interface Made {
  readonly out: Tensor;
  /** Sums in front of the PReLUs, if a gradient may be asked for. */
  readonly between?: Tensor;
  readonly last?: Tensor;
  /** What squeeze and excitation took and made. */
  readonly gated?: {
    readonly kernels: SqueezeKernels;
    readonly y: Tensor;
    readonly skip: Tensor;
    readonly squeezed: Squeezed;
  };
}

const geometryOf = (x: Tensor, { weight, options = {} }: OffsetConv): ConvGeometry =>
  convGeometry('residualBlock', x.shape, weight.shape, options);

/** The convolution with its offset, and what else its product can do. */
function launched(x: Tensor, conv: OffsetConv, tail: Tail = {}): Tensor {
  const g = geometryOf(x, conv);
  const [left, right] = operandsOf('residualBlock', x, conv.weight);
  const finish: ConvFinish =
    conv.offset.rank === 1 ? { bias: conv.offset, tail } : { tail: { ...tail, add: conv.offset } };
  return convForward(g, left, right, finish);
}

/** The gradient of a convolution's input, of the shape of `like`, with a tail. */
function inputGradient(dy: Tensor, like: Tensor, conv: OffsetConv, tail: Tail): Tensor {
  const g = geometryOf(like, conv);
  const [left, right] = operandsOf('residualBlock', dy, conv.weight);
  return convInputGrad(g, left, right, tail);
}

function forward(x: Tensor, block: ResidualBlock, keeps: boolean): Made {
  const { conv1, slope, conv2, shortcut, gate, lastSlope } = block;
  const kept = (from: Tensor, conv: OffsetConv) =>
    keeps ? empty(x.gpu, yShape(geometryOf(from, conv)), x.dtype) : undefined;
  const between = kept(x, conv1);
  const hidden = launched(x, conv1, { keep: between, slope });
  const skip = shortcut ? launched(x, shortcut) : x;
  if (gate && lastSlope) {
    const y = launched(hidden, conv2);
    checkSqueeze('residualBlock', y, gate, skip, lastSlope);
    const kernels = squeezeKernels(y);
    const squeezed = kernels.forward(y, skip, gate, lastSlope);
    return { out: squeezed.out, between, gated: { kernels, y, skip, squeezed } };
  }
  checkShape(
    'residualBlock',
    'shortcut',
    skip.shape,
    yShape(geometryOf(hidden, conv2)),
    'It is added to what conv2 makes',
  );
  const last = lastSlope && kept(hidden, conv2);
  return { out: launched(hidden, conv2, { add: skip, keep: last, slope: lastSlope }), between, last };
}

/** The gradient of x. */
function backward(g: Tensor, x: Tensor, block: ResidualBlock, { out, between, last, gated }: Made): Tensor {
  const { conv1, slope, conv2, shortcut, gate, lastSlope } = block;
  const dOut = cast(g, out.dtype);
  const join = (): readonly [dy: Tensor, dSkip: Tensor] => {
    if (gate && lastSlope && gated) {
      const { kernels, y, skip, squeezed } = gated;
      return kernels.backward(dOut, y, skip, gate, lastSlope, squeezed);
    }
    const both = lastSlope && last ? preluGate(dOut, last, lastSlope) : dOut;
    return [both, both];
  };
  const [dy, dSkip] = join();
  const hidden = between as Tensor; // of the same shape
  const dBetween = inputGradient(dy, hidden, conv2, { gatedBy: hidden, slope });
  const through = shortcut ? conv2dInputGrad(dSkip, shortcut.weight, geometryOf(x, shortcut)) : dSkip;
  return inputGradient(dBetween, x, conv1, { add: through });
}
