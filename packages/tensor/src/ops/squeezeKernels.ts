/** @file The kernels of squeeze and excitation with a frozen gate: all in one for small planes, or sums, gates and passes apart. */
import { choose, f32, type Variant } from '@visage/gpu';
import {
  squeezeBackwardLayers,
  squeezeForwardLayers,
  squeezeGates,
  squeezeGatesGrad,
  squeezeLayers,
  squeezeResident,
  squeezeResidentGrad,
  squeezeSpread,
  squeezeTailGrad,
} from '@visage/kernels';
import { launchMap } from '../pointwise.ts';
import { enablesOf, floatTypeOf, stored } from '../storage.ts';
import { empty, type Tensor } from '../tensor.ts';
import { launchRows } from './normLaunch.ts';
import { type NormPlan, type NormProblem, PASS_VARIANTS } from './normPlan.ts';
import type { SqueezeGate } from './squeezeExcitation.ts';
import { partialSums } from './sums.ts';

const MOST_ELEMENTS = 2 ** 16; // for each workgroup: what it reads twice in about the 10 µs of two launches
const MOST_SLICED = 2 ** 17; // of a sample that several share: each reads all of it once and goes over its share
const SLICES_FORWARD = 8;
const SLICES_BACKWARD = 4; // half as many: each reads three images whole
const ENOUGH = 128; // workgroups: almost one for each of 132 processors
const AT_ONCE = 4; // loads of each image that an invocation has in flight
const BINDINGS = 11;
const WORKGROUPS = [1024, 256]; // the largest that the device has: few samples, many pixels
const GATE_WORKGROUP = 256;
const TAIL = 'select((a * b + c) * d, a * b + c, a * b + c > V(0.0))';

/** What the forward pass makes. */
export interface Squeezed {
  readonly out: Tensor;
  /** [n, 1, 1, c]. */
  readonly gates: Tensor;
  /** [n, hidden], before the PReLU. */
  readonly hidden: Tensor;
}

export interface SqueezeVariant extends Variant<Tensor> {
  forward(x: Tensor, skip: Tensor, gate: SqueezeGate, slope: Tensor): Squeezed;
  /** Gradients of x and of skip. */
  backward(dy: Tensor, x: Tensor, skip: Tensor, gate: SqueezeGate, slope: Tensor, made: Squeezed): [Tensor, Tensor];
}

const rowsOf = (x: Tensor): number => x.dim(1) * x.dim(2);

/** Launches a kernel with `slices` workgroups per sample; `tensors` in binding order. */
function launchSamples(
  name: string,
  parts: readonly string[],
  x: Tensor,
  hidden: number,
  workgroup: number,
  tensors: readonly Tensor[],
  slices = 1,
): void {
  const channels = x.dim(3);
  x.gpu.dispatch({
    program: {
      name: `squeeze/${name}`,
      enables: enablesOf(x.dtype),
      aliases: { S: stored(floatTypeOf(x), 4) },
      constants: {
        ...{ WG: workgroup, C: channels, GROUPS: Math.ceil(channels / 4), HIDDEN: hidden, ROWS: rowsOf(x) },
        LANES: Math.max(1, Math.floor(workgroup / 2 ** Math.ceil(Math.log2(hidden)))),
        ...{ FACTOR: f32(1 / rowsOf(x)), SLICES: slices, AT_ONCE },
      },
      parts: [squeezeLayers, ...parts],
    },
    buffers: tensors.map((t) => t.buffer),
    grid: [x.dim(0) * slices, 1, 1],
  });
}

const emptyGates = (x: Tensor, gate: SqueezeGate) => ({
  gates: empty(x.gpu, [x.dim(0), 1, 1, x.dim(3)]),
  hidden: empty(x.gpu, [x.dim(0), gate.b1.size]),
});

/** The largest workgroup whose sums (a vector and a product for each invocation) and two small layers fit into the device's workgroup memory. */
function workgroupOf(x: Tensor): number | undefined {
  const { maxComputeInvocationsPerWorkgroup: most, maxComputeWorkgroupStorageSize: bytes } = x.gpu.device.limits;
  return WORKGROUPS.find((threads) => threads <= most && 20 * threads + 8 * x.dim(3) <= bytes);
}

/** Everything in one launch, by `slicesOf` workgroups for each sample of up to `most` elements. */
const resident = (name: string, most: number, slicesOf: (x: Tensor, most: number) => number): SqueezeVariant => ({
  name,
  admits(x, { adapter, device }) {
    const groups = x.dim(3) / 4;
    if (adapter.software) return 'workgroup memory is slow on a software adapter';
    if (device.limits.maxStorageBuffersPerShaderStage < BINDINGS) return `needs ${BINDINGS} bindings`;
    if (!workgroupOf(x)) return 'needs 256 invocations per workgroup, and memory for their sums';
    if (Math.log2(groups) % 1 !== 0 || groups > 128) return 'needs a power of two of channels, from 4 to 512';
    const elements = rowsOf(x) * x.dim(3);
    if (elements > most) return `${elements} elements of a sample are too many for one workgroup to read`;
    const share = elements / slicesOf(x, SLICES_BACKWARD); // the largest: the backward pass has the fewest slices
    return share <= MOST_ELEMENTS || `${share} elements of a sample are too many for one workgroup to go over`;
  },
  forward(x, skip, gate, slope) {
    const out = empty(x.gpu, x.shape, x.dtype);
    const { gates, hidden } = emptyGates(x, gate);
    const tensors = [out, gates, hidden, x, skip, slope, gate.w1, gate.b1, gate.slope, gate.w2, gate.b2];
    const parts = [squeezeForwardLayers, squeezeSpread, squeezeResident];
    launchSamples('resident', parts, x, gate.b1.size, workgroupOf(x) as number, tensors, slicesOf(x, SLICES_FORWARD));
    return { out, gates, hidden };
  },
  backward(dy, x, skip, gate, slope, { gates, hidden }) {
    const [dx, h] = [empty(x.gpu, x.shape, x.dtype), empty(x.gpu, x.shape, x.dtype)];
    const tensors = [dx, h, dy, x, skip, gates, hidden, slope, gate.w1, gate.slope, gate.w2];
    const parts = [squeezeBackwardLayers, squeezeSpread, squeezeResidentGrad];
    const slices = slicesOf(x, SLICES_BACKWARD);
    launchSamples('residentGrad', parts, x, gate.b1.size, workgroupOf(x) as number, tensors, slices);
    return [dx, h];
  },
});

/** Workgroups for each sample, a power of two up to `most`, so that all samples together fill a large GPU. */
const slicesOf = (x: Tensor, most: number): number =>
  2 ** Math.floor(Math.log2(Math.max(1, Math.min(most, ENOUGH / x.dim(0)))));

const sliced = resident('sliced', MOST_SLICED, slicesOf);
const whole = resident('resident', MOST_ELEMENTS, () => 1);

const problemOf = (x: Tensor): NormProblem => ({ outer: x.dim(0), rows: rowsOf(x), channels: x.dim(3), eps: 0 });
const planOf = (x: Tensor): NormPlan => {
  const p = problemOf(x);
  return choose('squeeze sums', PASS_VARIANTS, p, x.gpu).variant.plan(p, x.gpu);
};
const gateWorkgroup = ({ gpu }: Tensor): number =>
  Math.min(GATE_WORKGROUP, gpu.device.limits.maxComputeInvocationsPerWorkgroup);

const separate: SqueezeVariant = {
  name: 'sums, gates and pass',
  admits: () => true,
  forward(x, skip, gate, slope) {
    const partial = partialSums(x, x.dim(0), rowsOf(x), x.dim(3));
    const { gates, hidden } = emptyGates(x, gate);
    const tensors = [gates, hidden, partial, gate.w1, gate.b1, gate.slope, gate.w2, gate.b2];
    launchSamples('gates', [squeezeForwardLayers, squeezeGates], x, gate.b1.size, gateWorkgroup(x), tensors);
    const out = launchMap('squeezeTail', TAIL, [x, gates, skip, slope], undefined, floatTypeOf(x));
    return { out, gates, hidden };
  },
  backward(dy, x, skip, gate, slope, { gates, hidden }) {
    const { sharing, chunks } = planOf(x);
    const h = empty(x.gpu, x.shape, x.dtype);
    const parts = empty(x.gpu, [x.dim(0), chunks, x.dim(3)]);
    const passed = [h, parts, dy, x, skip, gates, slope];
    launchRows('squeeze/tailGrad', squeezeTailGrad, problemOf(x), x, passed, { sharing, chunks });
    const shift = empty(x.gpu, gates.shape);
    const tensors = [shift, parts, gates, hidden, gate.w1, gate.slope, gate.w2];
    launchSamples('gatesGrad', [squeezeBackwardLayers, squeezeGatesGrad], x, gate.b1.size, gateWorkgroup(x), tensors);
    return [launchMap('squeezeInputGrad', 'a * b + c', [h, gates, shift], undefined, floatTypeOf(x)), h];
  },
};

/** Every way to compute it, most preferred first. */
export const SQUEEZE_VARIANTS: readonly SqueezeVariant[] = [sliced, whole, separate];

export const squeezeKernels = (x: Tensor): SqueezeVariant => choose('squeeze', SQUEEZE_VARIANTS, x, x.gpu).variant;
