/** @file The end of a residual block with squeeze and excitation, for frozen parameters. */
import { checkOptions, type OptionKeys } from '@visage/gpu';
import { composedGradient, fused } from '../core/fused.ts';
import { checkShape } from '../core/shape.ts';
import { checkFloat } from '../core/storage.ts';
import { checkDType, checkTensor, type Tensor } from '../core/tensor.ts';
import { add, mul } from '../elementwise/arithmetic.ts';
import { cast } from '../elementwise/cast.ts';
import { mean } from '../elementwise/reduce.ts';
import { reshape } from '../elementwise/reshape.ts';
import { prelu, sigmoid } from '../elementwise/unary.ts';
import { linear } from '../gemm/matmul.ts';
import { squeezeKernels } from './squeezeKernels.ts';

/**
 * The two small layers that turn the means of all channels into a gate for each, with a PReLU of one slope between
 * them. All f32.
 */
export interface SqueezeGate {
  /** [c, hidden] and [hidden]. */
  readonly w1: Tensor;
  readonly b1: Tensor;
  /** [1]. */
  readonly slope: Tensor;
  /** [hidden, c] and [c]. */
  readonly w2: Tensor;
  readonly b2: Tensor;
}

/** The definition of {@link squeezeExcitation} in plain ops. */
export function composedSqueezeExcitation(x: Tensor, gate: SqueezeGate, skip: Tensor, slope: Tensor): Tensor {
  const hidden = prelu(linear(mean(x, [1, 2]), gate.w1, gate.b1), gate.slope);
  const gates = reshape(sigmoid(linear(hidden, gate.w2, gate.b2)), [x.dim(0), 1, 1, x.dim(3)]);
  return prelu(add(mul(x, gates), skip), slope);
}

/**
 * The end of a residual block with squeeze and excitation: prelu(x · gates + skip), where each sample and channel has a
 * gate, gates = σ(prelu(mean(x) · w1 + b1) · w2 + b2). Hu et al. 2018.
 *
 * x and skip [n, h, w, c], slope [1] → [n, h, w, c] in the type of x, f32 or f16; the parameters are f32. While they
 * are frozen, small images take one launch in each direction, large ones three. Gradients of the parameters go through
 * the definition in plain ops.
 *
 * @throws ArgumentError if a part of the gate is missing or unknown, or if a type or a shape does not fit.
 */
export function squeezeExcitation(x: Tensor, gate: SqueezeGate, givenSkip: Tensor, slope: Tensor): Tensor {
  checkSqueeze('squeezeExcitation', x, gate, givenSkip, slope);
  const skip = cast(givenSkip, x.dtype);
  const { w1, b1, w2, b2 } = gate;
  const kernels = squeezeKernels(x);
  const made = kernels.forward(x, skip, gate, slope);
  const inputs = [x, skip, slope, w1, b1, gate.slope, w2, b2];
  const composed = (...all: readonly Tensor[]): Tensor => {
    const [image, other, tail, v1, c1, inner, v2, c2] = all as [Tensor, Tensor, Tensor, ...Tensor[]];
    const layers = { w1: v1, b1: c1, slope: inner, w2: v2, b2: c2 } as SqueezeGate;
    return cast(composedSqueezeExcitation(image, layers, other, tail), x.dtype);
  };
  return fused({
    name: 'squeezeExcitation',
    inputs,
    forward: () => made.out,
    backward: (g, needs) =>
      needs.slice(2).includes(true)
        ? composedGradient(inputs, composed, g, needs)
        : kernels.backward(cast(g, x.dtype), x, skip, gate, slope, made),
    composed,
  });
}

const PARTS: OptionKeys<SqueezeGate> = { w1: true, b1: true, slope: true, w2: true, b2: true };

/** @throws ArgumentError that names `op` unless `gate` has the parts of a {@link SqueezeGate}, all of them tensors. */
export function checkGate(op: string, gate: SqueezeGate): void {
  checkOptions(op, gate, PARTS);
  const { w1, b1, slope, w2, b2 } = gate;
  for (const [name, x] of Object.entries({ w1, b1, 'the inner slope': slope, w2, b2 })) checkTensor(op, name, x);
}

/** @throws ArgumentError that names `op` unless shapes and types are those of {@link squeezeExcitation}. */
export function checkSqueeze(op: string, x: Tensor, gate: SqueezeGate, skip: Tensor, slope: Tensor): void {
  checkGate(op, gate);
  for (const [name, t] of Object.entries({ x, skip })) checkFloat(op, name, t);
  checkTensor(op, 'slope', slope);
  checkShape(op, 'x', x.shape, [null, null, null, null], 'Images are [batch, height, width, channels]');
  checkShape(op, 'skip', skip.shape, x.shape);
  checkShape(op, 'slope', slope.shape, [1], 'One slope for all channels');
  const [channels, hidden] = [x.dim(3), gate.b1.size];
  checkShape(op, 'w1', gate.w1.shape, [channels, hidden], 'The layout is [in, out]');
  checkShape(op, 'b1', gate.b1.shape, [hidden]);
  checkShape(op, 'the inner slope', gate.slope.shape, [1], 'One slope for all hidden values');
  checkShape(op, 'w2', gate.w2.shape, [hidden, channels], 'The layout is [in, out]');
  checkShape(op, 'b2', gate.b2.shape, [channels]);
  const all = { slope, w1: gate.w1, b1: gate.b1, 'the inner slope': gate.slope, w2: gate.w2, b2: gate.b2 };
  for (const [name, t] of Object.entries(all)) checkDType(op, name, t, 'f32');
}
