import { choose, f32 } from '@visage/gpu';
import { squeezeGates, squeezeGatesGrad, squeezeTailGrad } from '@visage/kernels';
import { composedGradient, fused } from '../fused.ts';
import { launchMap } from '../pointwise.ts';
import { checkShape } from '../shape.ts';
import { checkFloat, floatTypeOf } from '../storage.ts';
import { checkDType, empty, type Tensor } from '../tensor.ts';
import { add, mul } from './arithmetic.ts';
import { cast } from './cast.ts';
import { linear } from './matmul.ts';
import { launchRows } from './normLaunch.ts';
import { type NormPlan, type NormProblem, PASS_VARIANTS } from './normPlan.ts';
import { mean } from './reduce.ts';
import { reshape } from './shape.ts';
import { partialSums } from './sums.ts';
import { prelu, sigmoid } from './unary.ts';

const TAIL = 'select((a * b + c) * d, a * b + c, a * b + c > V(0.0))';
const GATE_WORKGROUP = 256; // one per sample: a few thousand products want many hands

/** The two small layers between the means of all channels and their gates, with a PReLU of one slope between them. */
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

/** The definition in plain ops. */
export function composedSqueezeExcitation(x: Tensor, gate: SqueezeGate, skip: Tensor, slope: Tensor): Tensor {
  const hidden = prelu(linear(mean(x, [1, 2]), gate.w1, gate.b1), gate.slope);
  const gates = reshape(sigmoid(linear(hidden, gate.w2, gate.b2)), [x.dim(0), 1, 1, x.dim(3)]);
  return prelu(add(mul(x, gates), skip), slope);
}

/**
 * The end of a residual block with squeeze and excitation: prelu(x · gates + skip), gates = σ(prelu(mean(x) · w1 + b1) · w2 + b2) per sample
 * and channel. Hu et al. 2018.
 *
 * x and skip [n, h, w, c], slope [1] → [n, h, w, c] in the type of x, f32 or f16; the parameters are f32. Three kernels each way while the gate's parameters and `slope` are frozen; their gradients go through the
 * composition.
 */
export function squeezeExcitation(x: Tensor, gate: SqueezeGate, givenSkip: Tensor, slope: Tensor): Tensor {
  checkArguments(x, gate, givenSkip, slope);
  const skip = cast(givenSkip, x.dtype);
  const { w1, b1, w2, b2 } = gate;
  const partial = partialSums(x, x.dim(0), rowsOf(x), x.dim(3));
  const { gates, hidden } = gatesOf(partial, gate, x);
  const inputs = [x, skip, slope, w1, b1, gate.slope, w2, b2];
  const composed = (...all: readonly Tensor[]): Tensor => {
    const [image, other, tail, v1, c1, inner, v2, c2] = all as [Tensor, Tensor, Tensor, ...Tensor[]];
    const layers = { w1: v1, b1: c1, slope: inner, w2: v2, b2: c2 } as SqueezeGate;
    return cast(composedSqueezeExcitation(image, layers, other, tail), x.dtype);
  };
  return fused({
    name: 'squeezeExcitation',
    inputs,
    forward: () => launchMap('squeezeTail', TAIL, [x, gates, skip, slope], undefined, floatTypeOf(x)),
    backward: (g, needs) => {
      if (needs.slice(2).includes(true)) return composedGradient(inputs, composed, g, needs);
      const { h, parts } = tailGradient(g, x, skip, gates, slope);
      const shift = needs[0] ? gatesGradient(parts, gates, hidden, gate, x) : undefined;
      if (!shift) return [undefined, h];
      return [launchMap('squeezeInputGrad', 'a * b + c', [h, gates, shift], undefined, floatTypeOf(x)), h];
    },
    composed,
  });
}

const rowsOf = (x: Tensor): number => x.dim(1) * x.dim(2);
const problemOf = (x: Tensor): NormProblem => ({ outer: x.dim(0), rows: rowsOf(x), channels: x.dim(3), eps: 0 });
const planOf = (x: Tensor): NormPlan => {
  const p = problemOf(x);
  return choose('squeeze', PASS_VARIANTS, p, x.gpu).variant.plan(p, x.gpu);
};

/** Launches one of the two kernels over gates. */
function launchGates(name: string, kernel: string, x: Tensor, hidden: number, tensors: readonly Tensor[]): void {
  const workgroup = Math.min(GATE_WORKGROUP, x.gpu.device.limits.maxComputeInvocationsPerWorkgroup);
  const lanes = Math.max(1, Math.floor(workgroup / 2 ** Math.ceil(Math.log2(hidden))));
  x.gpu.dispatch({
    program: {
      name: `squeeze/${name}`,
      constants: { WG: workgroup, C: x.dim(3), HIDDEN: hidden, LANES: lanes, FACTOR: f32(1 / rowsOf(x)) },
      parts: [kernel],
    },
    buffers: tensors.map((t) => t.buffer),
    grid: [x.dim(0), 1, 1],
  });
}

/** The gates as [n, 1, 1, c], and the hidden layer before its PReLU. */
function gatesOf(partial: Tensor, gate: SqueezeGate, x: Tensor): { gates: Tensor; hidden: Tensor } {
  const gates = empty(x.gpu, [x.dim(0), 1, 1, x.dim(3)]);
  const hidden = empty(x.gpu, [x.dim(0), gate.b1.size]);
  const tensors = [gates, hidden, partial, gate.w1, gate.b1, gate.slope, gate.w2, gate.b2];
  launchGates('gates', squeezeGates, x, gate.b1.size, tensors);
  return { gates, hidden };
}

/** The gradient h up to the sum of gated image and shortcut, and Σ h · x over chunks of pixels, [n, chunks, c]. */
function tailGradient(dy: Tensor, x: Tensor, skip: Tensor, gates: Tensor, slope: Tensor): { h: Tensor; parts: Tensor } {
  const { sharing, chunks } = planOf(x);
  const h = empty(x.gpu, x.shape, x.dtype);
  const parts = empty(x.gpu, [x.dim(0), chunks, x.dim(3)]);
  const tensors = [h, parts, cast(dy, x.dtype), x, skip, gates, slope];
  launchRows('squeeze/tailGrad', squeezeTailGrad, problemOf(x), x, tensors, { sharing, chunks });
  return { h, parts };
}

/** What the gates' gradient adds to every pixel's, [n, 1, 1, c]. */
function gatesGradient(parts: Tensor, gates: Tensor, hidden: Tensor, gate: SqueezeGate, x: Tensor): Tensor {
  const out = empty(x.gpu, gates.shape);
  const tensors = [out, parts, gates, hidden, gate.w1, gate.slope, gate.w2];
  launchGates('gatesGrad', squeezeGatesGrad, x, gate.b1.size, tensors);
  return out;
}

function checkArguments(x: Tensor, gate: SqueezeGate, skip: Tensor, slope: Tensor): void {
  const op = 'squeezeExcitation';
  checkShape(op, 'x', x.shape, [null, null, null, null], 'Images are [batch, height, width, channels]');
  checkShape(op, 'skip', skip.shape, x.shape);
  checkShape(op, 'slope', slope.shape, [1], 'One slope for all channels');
  const [channels, hidden] = [x.dim(3), gate.b1.size];
  checkShape(op, 'w1', gate.w1.shape, [channels, hidden], 'The layout is [in, out]');
  checkShape(op, 'b1', gate.b1.shape, [hidden]);
  checkShape(op, 'the inner slope', gate.slope.shape, [1], 'One slope for all hidden values');
  checkShape(op, 'w2', gate.w2.shape, [hidden, channels], 'The layout is [in, out]');
  checkShape(op, 'b2', gate.b2.shape, [channels]);
  checkFloat(op, 'x', x);
  checkFloat(op, 'skip', skip);
  const all = { slope, w1: gate.w1, b1: gate.b1, 'the inner slope': gate.slope, w2: gate.w2, b2: gate.b2 };
  for (const [name, t] of Object.entries(all)) checkDType(op, name, t, 'f32');
}
