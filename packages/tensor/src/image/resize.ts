import {
  ArgumentError,
  type Constant,
  checkBoolean,
  checkOneOf,
  Family,
  linearGrid,
  showValue,
  underChoice,
  type Variant,
} from '@visage/gpu';
import {
  resizeAdjoint,
  resizeDouble,
  resizeDoubleAdjoint,
  resizeForward,
  resizeSource,
  resizeWeightBicubic,
  resizeWeightBilinear,
  resizeWeightNearest,
  resizeWide,
} from '@visage/kernels';
import { track } from '../core/autograd.ts';
import { WORKGROUP, workgroupFor } from '../core/passes.ts';
import { checkShape } from '../core/shape.ts';
import { checkFloat, computed, enablesOf, floatTypeOf, stored } from '../core/storage.ts';
import { empty, type Tensor } from '../core/tensor.ts';

/** How samples are mixed; `bicubic` is Keys' kernel with a = −0.75. */
export type ResizeMode = 'nearest' | 'bilinear' | 'bicubic';

/** Height and width. */
export type Size = readonly [number, number];

const MOST_WEIGHTS = 64; // that a thread of the adjoint keeps, instead of computing each where it is used
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
  // An axis of one sample has no step between corners. PyTorch puts the sample at 0, and so does any step.
  if (alignCorners) return { mul: Math.max(size - 1, 1), add: 0, den: Math.max(outSize - 1, 1), size, outSize };
  return { mul: 2 * size, add: size - outSize, den: 2 * outSize, size, outSize };
}

function axisConstants(prefix: string, { mul, add, den, size, outSize }: Axis): Record<string, Constant> {
  const [base, up] = [add + den, mul - 1 - add];
  // The larger of the numerators of forward pass and adjoint.
  const largest = Math.max(outSize * mul + base, (size + 2) * den + up);
  return {
    [`${prefix}_MUL`]: mul,
    [`${prefix}_BASE`]: base,
    [`${prefix}_DEN`]: den,
    [`${prefix}_UP`]: up,
    [`${prefix}_IN`]: size,
    [`${prefix}_OUT`]: outSize,
    [`${prefix}_WIDE`]: largest >= 2 ** 32,
  };
}

/** A bound of how many outputs mix one input sample; `reach` in adjoint.wgsl finds which. */
function longestReach({ mul, add, den, outSize }: Axis, mode: ResizeMode): number {
  const { taps, first } = WEIGHTS[mode];
  // An inner sample is met by the outputs in `taps` intervals of den / mul outputs. To a border sample come those
  // beyond the border, as far as the first position: that of half a sample.
  const inner = Math.ceil((taps * den) / mul) + 1;
  const border = Math.ceil(((1 - first) * den + Math.abs(add)) / mul) + 1;
  return Math.min(outSize, Math.max(inner, border));
}

/** How images are resized. */
interface ResizeMap {
  readonly source: Size;
  readonly result: Size;
  readonly mode: ResizeMode;
  readonly alignCorners: boolean;
}

/**
 * The forward pass of a resize, from source to result size, or its adjoint, from result to source size.
 */
interface ResizeProblem {
  readonly pass: 'forward' | 'adjoint';
  readonly map: ResizeMap;
}

interface ResizeVariant extends Variant<ResizeProblem> {
  launch(x: Tensor, problem: ResizeProblem): Tensor;
}

/** The result, and the name, types and channel groups that both variants use. */
function imagesOf(x: Tensor, { pass, map }: ResizeProblem) {
  const [batch, channels] = [x.dim(0), x.dim(3)];
  const [height, width] = pass === 'forward' ? map.result : map.source;
  const vectorWidth = channels % 4 === 0 ? 4 : 1;
  const type = floatTypeOf(x);
  return {
    name: `resize/${map.mode}${pass === 'forward' ? '' : 'Adjoint'}`,
    out: empty(x.gpu, [batch, height, width, channels], type),
    groups: channels / vectorWidth,
    types: { enables: enablesOf(type), aliases: { V: computed(vectorWidth), S: stored(type, vectorWidth) } },
  } as const;
}

const doubling: ResizeVariant = {
  name: 'doubling',
  supports({ pass, map: { source, result, mode, alignCorners } }) {
    if (mode !== 'bilinear' || alignCorners) return 'made for bilinear sampling of half-pixel centres';
    if (source.some((size, k) => result[k] !== 2 * size)) return 'made for twice the size';
    return pass === 'forward' || source.every((size) => size % 2 === 0) || 'its adjoint takes pixels two by two';
  },
  admits: ({ pass }, { adapter }) =>
    pass === 'forward' || !adapter.software || 'a software adapter takes a second to compile its adjoint',
  launch(x, problem) {
    const { name, out, groups, types } = imagesOf(x, problem);
    const [height, width] = problem.map.source;
    const blocks = problem.pass === 'forward' ? (height + 1) * (width + 1) : (height / 2) * (width / 2);
    const workgroup = workgroupFor(x.gpu);
    x.gpu.dispatch({
      program: {
        name,
        ...types,
        constants: { WG: workgroup, BATCH: x.dim(0), H: height, W: width, GROUPS: groups },
        parts: [problem.pass === 'forward' ? resizeDouble : resizeDoubleAdjoint],
      },
      buffers: [out.buffer, x.buffer],
      grid: linearGrid(Math.ceil((x.dim(0) * blocks * groups) / workgroup)),
    });
    return out;
  },
};

const resizeFamily = new Family<ResizeProblem, ResizeVariant>({
  name: 'resize',
  variants: [doubling, { name: 'any size', launch: launchGeneral }],
  describe({ pass, map: { source, result, mode, alignCorners } }) {
    const how = `${pass} ${mode}${alignCorners ? ' with aligned corners' : ''}`;
    return `${how} ${source.join('x')} to ${result.join('x')}`;
  },
});

function launch(pass: ResizeProblem['pass'], x: Tensor, map: ResizeMap): Tensor {
  const problem = { pass, map };
  const choice = resizeFamily.choose(x.gpu, problem);
  return underChoice(choice, () => choice.variant.launch(x, problem));
}

function launchGeneral(x: Tensor, problem: ResizeProblem): Tensor {
  const { pass, map } = problem;
  const [yAxis, xAxis] = [0, 1].map((k) =>
    axisOf(map.source[k] as number, map.result[k] as number, map.mode, map.alignCorners),
  ) as [Axis, Axis];
  const { name, out, groups, types } = imagesOf(x, problem);
  const [batch, height, width] = out.shape as [number, number, number];
  const threads = Math.ceil(groups / GROUPS_PER_THREAD);
  const reach = longestReach(xAxis, map.mode);
  const keeps = reach <= MOST_WEIGHTS;
  const span: Record<string, Constant> = pass === 'adjoint' ? { X_SPAN: keeps ? reach : 1, KEEPS: keeps } : {};
  x.gpu.dispatch({
    program: {
      name,
      ...types,
      constants: {
        WG: WORKGROUP,
        BATCH: batch,
        GROUPS: groups,
        THREADS: threads,
        ...span,
        ...axisConstants('Y', yAxis),
        ...axisConstants('X', xAxis),
      },
      parts: [WEIGHTS[map.mode].text, resizeWide, resizeSource, pass === 'forward' ? resizeForward : resizeAdjoint],
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
 * x [n, h, w, c], size [height, width] → [n, height, width, c]. `alignCorners` maps corner pixel centres onto each
 * other; otherwise the image edges meet. It has no meaning for `nearest` and is refused there, as in PyTorch.
 *
 * @throws ArgumentError for what are no images of f32 or f16, no size, or no mode.
 */
export function resize(x: Tensor, size: Size, mode: ResizeMode = 'bilinear', alignCorners = false): Tensor {
  checkFloat('resize', 'x', x);
  checkShape('resize', 'x', x.shape, [null, null, null, null], 'Images are [batch, height, width, channels]');
  checkOneOf('resize', 'mode', mode, Object.keys(WEIGHTS));
  checkBoolean('resize', 'alignCorners', alignCorners);
  if (alignCorners && mode === 'nearest')
    throw new ArgumentError('resize', 'alignCorners', 'true', "false for mode 'nearest', which mixes no samples");
  const fits = Array.isArray(size) && size.length === 2 && size.every((n) => Number.isInteger(n) && n > 0);
  if (!fits) throw new ArgumentError('resize', 'size', showValue(size), 'two positive integers, height and width');
  const source: Size = [x.dim(1), x.dim(2)];
  if (source[0] === size[0] && source[1] === size[1]) return x;
  return forward(x, { source, result: size, mode, alignCorners });
}
