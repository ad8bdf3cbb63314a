import { ArgumentError, type Constant, i32, linearGrid } from '@visage/gpu';
import {
  resizeAdjoint,
  resizeForward,
  resizeSource,
  resizeWeightBicubic,
  resizeWeightBilinear,
  resizeWeightNearest,
} from '@visage/kernels';
import { track } from '../autograd.ts';
import { checkShape, type Shape, showShape } from '../shape.ts';
import { checkFloat, computed, enablesOf, floatTypeOf, stored } from '../storage.ts';
import { empty, type Tensor } from '../tensor.ts';

/** How samples are mixed; `bicubic` is Keys' kernel with a = −0.75. */
export type ResizeMode = 'nearest' | 'bilinear' | 'bicubic';

/** Height and width. */
export type Size = readonly [number, number];

const WORKGROUP = 64;
const GROUPS_PER_THREAD = 4; // channel groups that share one pixel's index arithmetic
const WEIGHTS: Readonly<Record<ResizeMode, { readonly text: string; readonly taps: number; readonly first: number }>> =
  {
    nearest: { text: resizeWeightNearest, taps: 1, first: 0 },
    bilinear: { text: resizeWeightBilinear, taps: 2, first: 0 },
    bicubic: { text: resizeWeightBicubic, taps: 4, first: -1 },
  };

/** One axis of a resize: output sample d lies at (d · mul + add) / den of the input. */
interface Axis {
  readonly mul: number;
  readonly add: number;
  readonly den: number;
  readonly size: number;
  readonly outSize: number;
}

function axisOf(size: number, outSize: number, mode: ResizeMode, alignCorners: boolean): Axis {
  if (mode === 'nearest') return { mul: size, add: 0, den: outSize, size, outSize };
  // One sample on either side has no step between corners: PyTorch puts it at 0, as any step does from there.
  if (alignCorners) return { mul: Math.max(size - 1, 1), add: 0, den: Math.max(outSize - 1, 1), size, outSize };
  return { mul: 2 * size, add: size - outSize, den: 2 * outSize, size, outSize };
}

const axisConstants = (prefix: string, axis: Axis): Record<string, Constant> => ({
  [`${prefix}_MUL`]: i32(axis.mul),
  [`${prefix}_ADD`]: i32(axis.add),
  [`${prefix}_DEN`]: i32(axis.den),
  [`${prefix}_IN`]: i32(axis.size),
  [`${prefix}_OUT`]: i32(axis.outSize),
});

/** The longest range of outputs that mix one input sample: the host's twin of `reach` in adjoint.wgsl. */
function longestReach({ mul, add, den, size, outSize }: Axis, mode: ResizeMode): number {
  const { taps, first } = WEIGHTS[mode];
  const firstOutput = (floorAt: number) => Math.min(Math.ceil(Math.max(floorAt * den - add, 0) / mul), outSize);
  let longest = 1;
  for (let s = 0; s < size; s++) {
    const low = s === 0 ? 0 : firstOutput(s - first - taps + 1);
    const high = s === size - 1 ? outSize : firstOutput(s - first + 1);
    longest = Math.max(longest, high - low);
  }
  return longest;
}

/** A resize of images from `from` to `to`, height and width. */
interface ResizeMap {
  readonly source: Size;
  readonly result: Size;
  readonly mode: ResizeMode;
  readonly alignCorners: boolean;
}

/** Launches the map or its adjoint; `x` has the source size for the former and the result size for the latter. */
function launch(name: 'forward' | 'adjoint', x: Tensor, map: ResizeMap): Tensor {
  const [y, across] = [0, 1].map((k) =>
    axisOf(map.source[k] as number, map.result[k] as number, map.mode, map.alignCorners),
  ) as [Axis, Axis];
  const [batch, channels] = [x.dim(0), x.dim(3)];
  const [height, width] = name === 'forward' ? map.result : map.source;
  const vector = channels % 4 === 0;
  const groups = vector ? channels / 4 : channels;
  const threads = Math.ceil(groups / GROUPS_PER_THREAD);
  const type = floatTypeOf(x);
  const out = empty(x.gpu, [batch, height, width, channels], type);
  const span: Record<string, Constant> = name === 'adjoint' ? { X_SPAN: longestReach(across, map.mode) } : {};
  x.gpu.dispatch({
    program: {
      name: `resize/${map.mode}${name === 'forward' ? '' : 'Adjoint'}`,
      enables: enablesOf(type),
      aliases: { V: computed(vector ? 4 : 1), S: stored(type, vector ? 4 : 1) },
      constants: {
        WG: WORKGROUP,
        BATCH: batch,
        GROUPS: groups,
        THREADS: threads,
        ...span,
        ...axisConstants('Y', y),
        ...axisConstants('X', across),
      },
      parts: [WEIGHTS[map.mode].text, resizeSource, name === 'forward' ? resizeForward : resizeAdjoint],
    },
    buffers: [out.buffer, x.buffer],
    grid: linearGrid(Math.ceil((batch * height * width * threads) / WORKGROUP)),
  });
  return out;
}

const forward = (x: Tensor, map: ResizeMap): Tensor =>
  track('resize', launch('forward', x, map), [x], (g) => [adjoint(g, map)]);

const adjoint = (g: Tensor, map: ResizeMap): Tensor =>
  track('resizeAdjoint', launch('adjoint', g, map), [g], (h) => [forward(h, map)]);

/**
 * Resamples images to another size, as PyTorch's `interpolate` without antialiasing.
 *
 * x [n, h, w, c], size [height, width] → [n, height, width, c]. `alignCorners` maps corner pixel centres onto each other; otherwise the image
 * edges meet. It has no meaning for `nearest`.
 */
export function resize(x: Tensor, size: Size, mode: ResizeMode = 'bilinear', alignCorners = false): Tensor {
  checkShape('resize', 'x', x.shape, [null, null, null, null], 'Images are [batch, height, width, channels]');
  checkFloat('resize', 'x', x);
  if (!(mode in WEIGHTS)) throw new ArgumentError('resize', 'mode', String(mode), Object.keys(WEIGHTS).join(', '));
  if (size.length !== 2 || size.some((n) => !Number.isInteger(n) || n < 1)) {
    throw new ArgumentError('resize', 'size', showShape(size as Shape), 'two positive integers, height and width');
  }
  const source: Size = [x.dim(1), x.dim(2)];
  if (source[0] === size[0] && source[1] === size[1]) return x;
  return forward(x, { source, result: size, mode, alignCorners: alignCorners && mode !== 'nearest' });
}
