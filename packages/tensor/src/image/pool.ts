import {
  ArgumentError,
  type Constant,
  checkBoolean,
  checkInteger,
  checkOptions,
  linearGrid,
  type OptionKeys,
} from '@visage/gpu';
import {
  poolAverage,
  poolAverageAdjoint,
  poolCount,
  poolMaxIndex,
  poolMaxPut,
  poolMaxTake,
  poolWindow,
} from '@visage/kernels';
import { track } from '../core/autograd.ts';
import { WORKGROUP } from '../core/passes.ts';
import { checkShape, type Shape, showShape } from '../core/shape.ts';
import { checkFloat, computed, enablesOf, floatTypeOf, stored } from '../core/storage.ts';
import { empty, type Tensor } from '../core/tensor.ts';

export interface PoolOptions {
  /** Side of the square window. */
  readonly kernel: number;
  /** Step between windows; `kernel` by default. */
  readonly stride?: number;
  /** Pixels added on each side: zeros for the average, never chosen by the maximum. At most half the kernel. */
  readonly padding?: number;
}

export interface AvgPoolOptions extends PoolOptions {
  /** Divide by kernel² also where the window hangs over the edge. Default true, as in PyTorch. */
  readonly countIncludePad?: boolean;
}

const OPTIONS: OptionKeys<PoolOptions> = { kernel: true, stride: true, padding: true };
const AVERAGE_OPTIONS: OptionKeys<AvgPoolOptions> = { ...OPTIONS, countIncludePad: true };

/** Options of pooling in other libraries, and what to do instead. */
const MISSING = {
  ceilMode: 'Windows that end past the far edge are not built; padZero() the image there if no value is negative',
  dilation: 'Windows with gaps are not built',
  returnIndices: 'Positions of the maxima are not built',
  divisorOverride: 'Another divisor is not built; multiply the result',
};

/** Every extent of a pooling op. */
interface Pool {
  readonly input: Shape;
  readonly output: Shape;
  readonly constants: Readonly<Record<string, Constant>>;
}

// The largest kernel and stride: kernels index pixels by 32-bit integers, and no image is so large.
const MOST_STEP = 32767;

function poolOf(op: string, x: Tensor, { kernel, stride = kernel, padding = 0 }: PoolOptions): Pool {
  checkFloat(op, 'x', x);
  checkShape(op, 'x', x.shape, [null, null, null, null], 'Images are [batch, height, width, channels]');
  checkInteger(op, 'kernel', kernel, 1, MOST_STEP, 'It is the side of the square window');
  checkInteger(op, 'stride', stride, 1, MOST_STEP, 'It is one number for both directions');
  checkInteger(op, 'padding', padding, 0, Math.floor(kernel / 2), 'At most half the kernel');
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const windows = (size: number) => Math.floor((size + 2 * padding - kernel) / stride) + 1;
  const [outH, outW] = [windows(h), windows(w)];
  if (outH < 1 || outW < 1)
    throw new ArgumentError(op, 'x', showShape(x.shape), `at least ${kernel - 2 * padding} pixels a side`);
  const constants = { STRIDE: stride, PAD: padding, KERNEL: kernel, BATCH: n, H: h, W: w, OUT_H: outH, OUT_W: outW };
  return { input: x.shape, output: [n, outH, outW, c], constants };
}

/**
 * Launches a pooling kernel; `tensors` in binding order, the output first, then the images or gradients that it reads.
 */
function launch(name: string, parts: readonly string[], pool: Pool, tensors: readonly Tensor[], vector: boolean): void {
  const [out, x] = tensors as [Tensor, Tensor];
  const vectorWidth = vector ? 4 : 1;
  const type = floatTypeOf(x);
  out.gpu.dispatch({
    program: {
      name: `pool/${name}`,
      enables: enablesOf(type),
      aliases: { V: computed(vectorWidth), S: stored(type, vectorWidth), I: vector ? 'vec4u' : 'u32' },
      constants: { WG: WORKGROUP, ...pool.constants, GROUPS: out.dim(3) / vectorWidth },
      parts: [poolWindow, ...parts],
    },
    buffers: tensors.map((x) => x.buffer),
    grid: linearGrid(Math.ceil(out.size / vectorWidth / WORKGROUP)),
  });
}

const canVector = (pool: Pool): boolean => (pool.input[3] as number) % 4 === 0;

/**
 * Largest element of each window. The gradient goes to the first maximum, row by row, as in PyTorch.
 *
 * [n, h, w, c] → [n, ⌊(h + 2·padding − kernel) / stride⌋ + 1, likewise, c].
 *
 * @throws ArgumentError for what are no images of f32 or f16, images smaller than the window, or an unknown option.
 */
export function maxPool2d(x: Tensor, options: PoolOptions): Tensor {
  checkOptions('maxPool2d', options, OPTIONS, MISSING);
  const pool = poolOf('maxPool2d', x, options);
  const index = empty(x.gpu, pool.output, 'u32');
  launch('maxIndex', [poolMaxIndex], pool, [index, x], canVector(pool));
  return takeMaxima('maxPool2d', x, index, pool);
}

/** One element per window, at the positions in `index`: linear in x, its gradient is {@link putMaxima}. */
function takeMaxima(op: string, x: Tensor, index: Tensor, pool: Pool): Tensor {
  const out = empty(x.gpu, pool.output, x.dtype);
  launch('maxTake', [poolMaxTake], pool, [out, x, index], false);
  return track(op, out, [x], (g) => [putMaxima(g, index, pool)]);
}

function putMaxima(g: Tensor, index: Tensor, pool: Pool): Tensor {
  const out = empty(g.gpu, pool.input, g.dtype);
  launch('maxPut', [poolMaxPut], pool, [out, g, index], canVector(pool));
  return track('maxPool2dAdjoint', out, [g], (h) => [takeMaxima('maxPool2dTake', h, index, pool)]);
}

/**
 * Mean of each window.
 *
 * [n, h, w, c] → [n, ⌊(h + 2·padding − kernel) / stride⌋ + 1, likewise, c].
 *
 * @throws ArgumentError for what are no images of f32 or f16, images smaller than the window, or an unknown option.
 */
export function avgPool2d(x: Tensor, options: AvgPoolOptions): Tensor {
  checkOptions('avgPool2d', options, AVERAGE_OPTIONS, MISSING);
  const { countIncludePad = true } = options;
  checkBoolean('avgPool2d', 'countIncludePad', countIncludePad);
  const pool = poolOf('avgPool2d', x, options);
  return average(x, { ...pool, constants: { ...pool.constants, COUNT_PADDING: countIncludePad } });
}

function average(x: Tensor, pool: Pool): Tensor {
  const out = empty(x.gpu, pool.output, x.dtype);
  launch('average', [poolCount, poolAverage], pool, [out, x], canVector(pool));
  return track('avgPool2d', out, [x], (g) => [averageAdjoint(g, pool)]);
}

function averageAdjoint(g: Tensor, pool: Pool): Tensor {
  const out = empty(g.gpu, pool.input, g.dtype);
  launch('averageAdjoint', [poolCount, poolAverageAdjoint], pool, [out, g], canVector(pool));
  return track('avgPool2dAdjoint', out, [g], (h) => [average(h, pool)]);
}
