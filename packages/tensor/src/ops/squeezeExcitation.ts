import { f32, linearGrid } from '@visage/gpu';
import { normRows, squeezeGates, squeezeGatesGrad, squeezeSums, squeezeTailGrad } from '@visage/kernels';
import { composedGradient, fused } from '../fused.ts';
import { launchMap } from '../pointwise.ts';
import { checkShape } from '../shape.ts';
import { checkDType, empty, type Tensor } from '../tensor.ts';
import { add, mul } from './arithmetic.ts';
import { linear } from './matmul.ts';
import { mean } from './reduce.ts';
import { reshape } from './shape.ts';
import { prelu, sigmoid } from './unary.ts';

const WORKGROUP = 64;
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
 * x and skip [n, h, w, c], slope [1] → [n, h, w, c]. Three kernels each way while the gate's parameters and `slope` are frozen; their gradients go through the
 * composition.
 */
export function squeezeExcitation(x: Tensor, gate: SqueezeGate, skip: Tensor, slope: Tensor): Tensor {
  checkArguments(x, gate, skip, slope);
  const { w1, b1, w2, b2 } = gate;
  const partial = channelSums(x);
  const { gates, hidden } = gatesOf(partial, gate, x);
  const inputs = [x, skip, slope, w1, b1, gate.slope, w2, b2];
  const composed = (...all: readonly Tensor[]): Tensor => {
    const [image, other, tail, v1, c1, inner, v2, c2] = all as [Tensor, Tensor, Tensor, ...Tensor[]];
    const layers = { w1: v1, b1: c1, slope: inner, w2: v2, b2: c2 } as SqueezeGate;
    return composedSqueezeExcitation(image, layers, other, tail);
  };
  return fused({
    name: 'squeezeExcitation',
    inputs,
    forward: () =>
      launchMap('squeezeTail', 'select((a * b + c) * d, a * b + c, a * b + c > V(0.0))', [x, gates, skip, slope]),
    backward: (g, needs) => {
      if (needs.slice(2).includes(true)) return composedGradient(inputs, composed, g, needs);
      const { h, parts } = tailGradient(g, x, skip, gates, slope, partial.dim(1));
      const shift = needs[0] ? gatesGradient(parts, gates, hidden, gate, x) : undefined;
      return [shift && launchMap('squeezeInputGrad', 'a * b + c', [h, gates, shift]), h];
    },
    composed,
  });
}

const width = (x: Tensor): 1 | 4 => (x.dim(3) % 4 === 0 ? 4 : 1);
const rowsOf = (x: Tensor): number => x.dim(1) * x.dim(2);

/** Launches a kernel over [n, rows, c]; `tensors` in binding order. */
function launchRows(name: string, kernel: string, x: Tensor, chunks: number, tensors: readonly Tensor[]): void {
  const groups = x.dim(3) / width(x);
  x.gpu.dispatch({
    program: {
      name: `squeeze/${name}`,
      aliases: { V: width(x) === 4 ? 'vec4f' : 'f32' },
      constants: { WG: WORKGROUP, OUTER: x.dim(0), GROUPS: groups },
      parts: [normRows, kernel],
    },
    buffers: tensors.map((t) => t.buffer),
    grid: linearGrid(Math.ceil((x.dim(0) * chunks * groups) / WORKGROUP)),
  });
}

/** Sums over chunks of pixels, [n, chunks, c]: √rows balances their length against that of the sum over them. */
function channelSums(x: Tensor): Tensor {
  const chunks = Math.ceil(Math.sqrt(rowsOf(x)));
  const out = empty(x.gpu, [x.dim(0), chunks, x.dim(3)]);
  launchRows('sums', squeezeSums, x, chunks, [out, x]);
  return out;
}

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

function tailGradient(
  dy: Tensor,
  x: Tensor,
  skip: Tensor,
  gates: Tensor,
  slope: Tensor,
  chunks: number,
): { h: Tensor; parts: Tensor } {
  const h = empty(x.gpu, x.shape);
  const parts = empty(x.gpu, [x.dim(0), chunks, x.dim(3)]);
  launchRows('tailGrad', squeezeTailGrad, x, chunks, [h, parts, dy, x, skip, gates, slope]);
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
  const all = { x, skip, slope, w1: gate.w1, b1: gate.b1, 'the inner slope': gate.slope, w2: gate.w2, b2: gate.b2 };
  for (const [name, t] of Object.entries(all)) checkDType(op, name, t, 'f32');
}
