/**
 * @file The kernels of squeeze and excitation with a frozen gate: one launch for small images, or separate launches for
 * sums, gates and pixels.
 */
import { Family, f32, type Gpu, underChoice, type Variant } from '@visage/gpu';
import {
  squeezeBackwardLayers,
  squeezeCached,
  squeezeCachedGrad,
  squeezeForwardLayers,
  squeezeGates,
  squeezeGatesGrad,
  squeezeLayers,
  squeezeSampleSums,
  squeezeTailGrad,
} from '@visage/kernels';
import { launchMap } from '../core/map.ts';
import { nearlyAll } from '../core/passes.ts';
import { enablesOf, floatTypeOf, stored } from '../core/storage.ts';
import { empty, type Tensor } from '../core/tensor.ts';
import { launchRows } from '../reduce/launch.ts';
import { planRows, squeezeSumsFamily } from '../reduce/plan.ts';
import { partialSums } from '../reduce/sums.ts';
import type { NormProblem } from '../reduce/threads.ts';
import type { SqueezeGate } from './squeezeExcitation.ts';

// of a slice: a workgroup reads them twice in about the 10 µs that two more launches would take
const MOST_ELEMENTS = 2 ** 16;
// of a sample with several slices: each of their workgroups reads all of it once for the means
const MOST_SLICED = 2 ** 17;
const SLICES_FORWARD = 8;
const SLICES_BACKWARD = 4; // half as many, because each reads three images whole
const AT_ONCE = 4; // loads of each image that a thread has in flight
const BINDINGS = 11;
const WORKGROUPS = [1024, 256]; // the larger one if the device has it: there are few samples and many pixels
const GATE_WORKGROUP = 256;
const TAIL = 'select((a * b + c) * d, a * b + c, a * b + c > V(0.0))';

/** Results of the forward pass. */
export interface Squeezed {
  readonly out: Tensor;
  /** [n, 1, 1, c]. */
  readonly gates: Tensor;
  /** [n, hidden], before the PReLU. */
  readonly hidden: Tensor;
}

/** Kernels for both directions. */
export interface SqueezeKernels {
  forward(x: Tensor, skip: Tensor, gate: SqueezeGate, slope: Tensor): Squeezed;
  /** Gradients of x and of skip. */
  backward(dy: Tensor, x: Tensor, skip: Tensor, gate: SqueezeGate, slope: Tensor, made: Squeezed): [Tensor, Tensor];
}

/** A problem has x as [outer = samples, rows = pixels, channels]. */
export interface SqueezeVariant extends Variant<NormProblem>, SqueezeKernels {}

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
        THREADS_PER_VALUE: Math.max(1, Math.floor(workgroup / 2 ** Math.ceil(Math.log2(hidden)))),
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

/**
 * The largest workgroup whose memory the device has: a vector and a product for each thread (20 bytes), 8 bytes for
 * each channel.
 */
function workgroupOf({ device }: Gpu, channels: number): number | undefined {
  const { maxComputeInvocationsPerWorkgroup: most, maxComputeWorkgroupStorageSize: bytes } = device.limits;
  return WORKGROUPS.find((threads) => threads <= most && 20 * threads + 8 * channels <= bytes);
}

/**
 * One launch, with `slicesOf` workgroups for each sample of up to `most` elements. The second read of a sample comes
 * from the cache.
 */
const cached = (
  name: string,
  most: number,
  slicesOf: (samples: number, most: number, gpu: Gpu) => number,
): SqueezeVariant => ({
  name,
  supports({ channels }, gpu) {
    const groups = channels / 4;
    if (gpu.device.limits.maxStorageBuffersPerShaderStage < BINDINGS) return `needs ${BINDINGS} bindings`;
    if (!workgroupOf(gpu, channels)) return 'needs 256 threads per workgroup, and memory for their sums';
    const isPower = groups >= 1 && Math.log2(groups) % 1 === 0;
    return (isPower && groups <= 128) || 'needs a power of two of channels, from 4 to 512';
  },
  admits({ outer, rows, channels }, gpu) {
    if (gpu.adapter.software) return 'workgroup memory is slow on a software adapter';
    const elements = rows * channels;
    if (elements > most) return `${elements} elements of a sample are too many for one workgroup to read`;
    // the backward pass has the fewest slices, and so the largest
    const slice = elements / slicesOf(outer, SLICES_BACKWARD, gpu);
    return slice <= MOST_ELEMENTS || `${slice} elements of a sample are too many for one workgroup to go over`;
  },
  forward(x, skip, gate, slope) {
    const out = empty(x.gpu, x.shape, x.dtype);
    const { gates, hidden } = emptyGates(x, gate);
    const tensors = [out, gates, hidden, x, skip, slope, gate.w1, gate.b1, gate.slope, gate.w2, gate.b2];
    const parts = [squeezeForwardLayers, squeezeSampleSums, squeezeCached];
    const workgroup = workgroupOf(x.gpu, x.dim(3)) as number;
    launchSamples('cached', parts, x, gate.b1.size, workgroup, tensors, slicesOf(x.dim(0), SLICES_FORWARD, x.gpu));
    return { out, gates, hidden };
  },
  backward(dy, x, skip, gate, slope, { gates, hidden }) {
    const [dx, h] = [empty(x.gpu, x.shape, x.dtype), empty(x.gpu, x.shape, x.dtype)];
    const tensors = [dx, h, dy, x, skip, gates, hidden, slope, gate.w1, gate.slope, gate.w2];
    const parts = [squeezeBackwardLayers, squeezeSampleSums, squeezeCachedGrad];
    const workgroup = workgroupOf(x.gpu, x.dim(3)) as number;
    launchSamples('cachedGrad', parts, x, gate.b1.size, workgroup, tensors, slicesOf(x.dim(0), SLICES_BACKWARD, x.gpu));
    return [dx, h];
  },
});

/** Workgroups for each sample: a power of two up to `most` with which all samples together fill the GPU. */
const slicesOf = (samples: number, most: number, gpu: Gpu): number =>
  2 ** Math.floor(Math.log2(Math.max(1, Math.min(most, nearlyAll(gpu) / samples))));

const sliced = cached('sliced', MOST_SLICED, slicesOf);
const whole = cached('cached', MOST_ELEMENTS, () => 1);

const problemOf = (x: Tensor): NormProblem => ({ outer: x.dim(0), rows: rowsOf(x), channels: x.dim(3), eps: 0 });
const gateWorkgroup = ({ gpu }: Tensor): number =>
  Math.min(GATE_WORKGROUP, gpu.device.limits.maxComputeInvocationsPerWorkgroup);

const separate: SqueezeVariant = {
  name: 'sums, gates and pass',
  forward(x, skip, gate, slope) {
    const partial = partialSums(x, x.dim(0), rowsOf(x), x.dim(3));
    const { gates, hidden } = emptyGates(x, gate);
    const tensors = [gates, hidden, partial, gate.w1, gate.b1, gate.slope, gate.w2, gate.b2];
    launchSamples('gates', [squeezeForwardLayers, squeezeGates], x, gate.b1.size, gateWorkgroup(x), tensors);
    const out = launchMap('squeezeTail', TAIL, [x, gates, skip, slope], undefined, floatTypeOf(x));
    return { out, gates, hidden };
  },
  backward(dy, x, skip, gate, slope, { gates, hidden }) {
    const p = problemOf(x);
    const { sharing, chunks } = planRows(squeezeSumsFamily, p, x.gpu);
    const h = empty(x.gpu, x.shape, x.dtype);
    const parts = empty(x.gpu, [x.dim(0), chunks, x.dim(3)]);
    const passed = [h, parts, dy, x, skip, gates, slope];
    launchRows('squeeze/tailGrad', squeezeTailGrad, p, x, passed, { sharing, chunks });
    const shift = empty(x.gpu, gates.shape);
    const tensors = [shift, parts, gates, hidden, gate.w1, gate.slope, gate.w2];
    launchSamples('gatesGrad', [squeezeBackwardLayers, squeezeGatesGrad], x, gate.b1.size, gateWorkgroup(x), tensors);
    return [launchMap('squeezeInputGrad', 'a * b + c', [h, gates, shift], undefined, floatTypeOf(x)), h];
  },
};

/** Every way to compute it, most preferred first. */
export const squeezeFamily = new Family<NormProblem, SqueezeVariant>({
  name: 'squeeze',
  variants: [sliced, whole, separate],
  describe: ({ outer, rows, channels }) => `${outer} samples of ${rows} pixels and ${channels} channels`,
});

/** The kernels of the variant that is chosen for x. */
export function squeezeKernels(x: Tensor): SqueezeKernels {
  const choice = squeezeFamily.choose(x.gpu, problemOf(x));
  const { variant } = choice;
  return {
    forward: (...given) => underChoice(choice, () => variant.forward(...given)),
    backward: (...given) => underChoice(choice, () => variant.backward(...given)),
  };
}
