/**
 * @file A frozen residual block: two convolutions with a PReLU between them plus a shortcut. The epilogues of its
 * products do what is pointwise.
 */
import { ArgumentError, checkOptions, type OptionKeys } from '@visage/gpu';
import { convForward, convInputGrad } from '../conv/algorithms.ts';
import { conv2dInputGrad } from '../conv/conv2d.ts';
import { type ConvGeometry, convGeometry, yShape } from '../conv/geometry.ts';
import { gradEnabled } from '../core/autograd.ts';
import { composedGradient, fused } from '../core/fused.ts';
import { checkShape, type Shape } from '../core/shape.ts';
import { checkFloat, isFloat } from '../core/storage.ts';
import { empty, type Tensor } from '../core/tensor.ts';
import { add } from '../elementwise/arithmetic.ts';
import { isCastNow } from '../elementwise/autocast.ts';
import { cast } from '../elementwise/cast.ts';
import { addPrelu, preluGate } from '../elementwise/unary.ts';
import { type Finish, operandsOf } from '../gemm/problem.ts';
import { checkOffsetConv, type OffsetConv, offsetConv } from './offsetConv.ts';
import { checkGate, checkSqueeze, type SqueezeGate, squeezeExcitation } from './squeezeExcitation.ts';
import { type Squeezed, type SqueezeKernels, squeezeKernels } from './squeezeKernels.ts';

/** The parts of {@link residualBlock}. */
export interface ResidualBlock {
  readonly conv1: OffsetConv;
  /** Slope of the PReLU after conv1, [1] or [c]. */
  readonly slope: Tensor;
  readonly conv2: OffsetConv;
  /** Default: the shortcut is x itself. */
  readonly shortcut?: OffsetConv;
  /** Squeeze and excitation of the result of conv2; needs a `lastSlope` of one value. */
  readonly gate?: SqueezeGate;
  /** Slope of a PReLU after the sum, [1] or [c]. Default: no PReLU. */
  readonly lastSlope?: Tensor;
}

/** A block with `fn` applied to each of its tensors, in a fixed order. */
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

/** The definition of {@link residualBlock} in plain ops. */
export function composedResidualBlock(x: Tensor, block: ResidualBlock): Tensor {
  const { conv1, slope, conv2, shortcut, gate, lastSlope } = block;
  const y = offsetConv(offsetConv(x, conv1, slope), conv2);
  const skip = shortcut ? offsetConv(x, shortcut) : x;
  if (gate && lastSlope) return squeezeExcitation(y, gate, skip, lastSlope);
  return lastSlope ? addPrelu(y, skip, lastSlope) : add(y, skip);
}

/**
 * y = join(conv2(prelu(conv1(x) + offset1)) + offset2, shortcut(x)): the residual block of identity networks (He et al.
 * 2016), norms folded into it.
 *
 * `join` is the sum, followed by a PReLU if there is a `lastSlope`; with a `gate` it is {@link squeezeExcitation}. x
 * [n, h, w, ci] → [n, h', w', co] in the type of x, f32 or f16; `autocast` casts an f32 x. While the parameters are
 * frozen, epilogues of the convolutions add offsets and shortcuts and apply PReLUs and their derivatives: three to five
 * launches less for a block with its gradient. Gradients of the parameters go through the definition in plain ops.
 *
 * @throws ArgumentError if a part is missing or unknown, if there is a `gate` without `lastSlope`, or if a type or a
 * shape does not fit.
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

/** @throws ArgumentError unless all parts are there, tensors are tensors, and options are those of a convolution. */
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
  const parameters: Tensor[] = [];
  mapTensors(block, (x) => {
    parameters.push(x);
    return x;
  });
  return parameters;
}

/**
 * Can epilogues do what is pointwise? They need channels in fours and one addend at most, conv2's being the shortcut;
 * the launches below know neither groups nor reflected or replicated padding.
 */
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

/** @throws ArgumentError unless offsets and slopes have the sizes with which epilogues index them. */
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

/** The result of the forward pass, and what it saves for the gradient. */
interface Made {
  readonly out: Tensor;
  /** Input of the PReLU after conv1, if a gradient may be asked for. */
  readonly preactivation?: Tensor;
  /** Input of the last PReLU, if a gradient may be asked for. */
  readonly lastPreactivation?: Tensor;
  /** Inputs and results of squeeze and excitation. */
  readonly gated?: {
    readonly kernels: SqueezeKernels;
    readonly y: Tensor;
    readonly skip: Tensor;
    readonly squeezed: Squeezed;
  };
}

const geometryOf = (x: Tensor, { weight, options = {} }: OffsetConv): ConvGeometry =>
  convGeometry('residualBlock', x.shape, weight.shape, options);

/** The convolution with its offset, and what its epilogue does besides. */
function launched(x: Tensor, conv: OffsetConv, finish: Finish = {}): Tensor {
  const g = geometryOf(x, conv);
  const [left, right] = operandsOf('residualBlock', x, conv.weight);
  const offset = conv.offset.rank === 1 ? { bias: conv.offset } : { add: conv.offset };
  return convForward(g, left, right, { ...finish, ...offset });
}

/** The gradient of a convolution's input, of the shape of `like`, finished. */
function inputGradient(dy: Tensor, like: Tensor, conv: OffsetConv, finish: Finish): Tensor {
  const g = geometryOf(like, conv);
  const [left, right] = operandsOf('residualBlock', dy, conv.weight);
  return convInputGrad(g, left, right, finish);
}

/** The block in its launches. `saves` what the gradient needs. */
function forward(x: Tensor, block: ResidualBlock, saves: boolean): Made {
  const { conv1, slope, conv2, shortcut, gate, lastSlope } = block;
  const saved = (from: Tensor, conv: OffsetConv) =>
    saves ? empty(x.gpu, yShape(geometryOf(from, conv)), x.dtype) : undefined;
  const preactivation = saved(x, conv1);
  const hidden = launched(x, conv1, { preactivation, slope });
  const skip = shortcut ? launched(x, shortcut) : x;
  if (gate && lastSlope) {
    const y = launched(hidden, conv2);
    checkSqueeze('residualBlock', y, gate, skip, lastSlope);
    const kernels = squeezeKernels(y);
    const squeezed = kernels.forward(y, skip, gate, lastSlope);
    return { out: squeezed.out, preactivation, gated: { kernels, y, skip, squeezed } };
  }
  checkShape(
    'residualBlock',
    'shortcut',
    skip.shape,
    yShape(geometryOf(hidden, conv2)),
    'It is added to the result of conv2',
  );
  const lastPreactivation = lastSlope && saved(hidden, conv2);
  const finish = { add: skip, preactivation: lastPreactivation, slope: lastSlope };
  return { out: launched(hidden, conv2, finish), preactivation, lastPreactivation };
}

/** The gradient of x. */
function backward(g: Tensor, x: Tensor, block: ResidualBlock, made: Made): Tensor {
  const { out, preactivation, lastPreactivation, gated } = made;
  const { conv1, slope, conv2, shortcut, gate, lastSlope } = block;
  const dOut = cast(g, out.dtype);
  const join = (): readonly [dy: Tensor, dSkip: Tensor] => {
    if (gate && lastSlope && gated) {
      const { kernels, y, skip, squeezed } = gated;
      return kernels.backward(dOut, y, skip, gate, lastSlope, squeezed);
    }
    const both = lastSlope && lastPreactivation ? preluGate(dOut, lastPreactivation, lastSlope) : dOut;
    return [both, both];
  };
  const [dy, dSkip] = join();
  const hidden = preactivation as Tensor; // of the shape of conv2's input
  const dPreactivation = inputGradient(dy, hidden, conv2, { gatedBy: hidden, slope });
  const through = shortcut ? conv2dInputGrad(dSkip, shortcut.weight, geometryOf(x, shortcut)) : dSkip;
  return inputGradient(dPreactivation, x, conv1, { add: through });
}
