import { type Gpu, underChoice, type Variant, VisageError } from '@visage/gpu';
import { unwatched } from '../autograd.ts';
import { type ConvGeometry, xShape, yShape } from '../ops/convGeometry.ts';
import type { Tensor } from '../tensor.ts';
import { chooseFor } from '../tuning/problems.ts';
import { type ConvFinish, convForward, convInputGrad, convWeightGrad } from './conv.ts';
import { type Tail, tensorsOf } from './epilogue.ts';
import { narrowForward, narrowIsAble, narrowPays, narrowWeightGrad } from './narrow.ts';
import { LONGEST_SUM } from './plan.ts';
import type { GemmType } from './problem.ts';
import { type TileSide, winogradForward, winogradInputGrad, winogradWeightGrad } from './winograd.ts';

/** Which of the three products of a convolution. */
export type ConvPass = 'forward' | 'inputGrad' | 'weightGrad';

/** A convolution without groups. For `inputGrad` its padding is zeros. */
export interface ConvProblem {
  readonly geometry: ConvGeometry;
  readonly pass: ConvPass;
  /** Element type of both operands. */
  readonly type: GemmType;
}

/** All three products of a convolution. */
interface ConvProducts {
  forward(g: ConvGeometry, x: Tensor, w: Tensor, finish?: ConvFinish): Tensor;
  inputGrad(g: ConvGeometry, dy: Tensor, w: Tensor, tail?: Tail): Tensor;
  /** In the type that the weight has. */
  weightGrad(g: ConvGeometry, x: Tensor, dy: Tensor, result: GemmType): Tensor;
}

/** A way to compute them. */
export interface ConvAlgorithm extends Variant<ConvProblem>, ConvProducts {
  /** `true`, or why it cannot compute the problem at all, be it wise or not. Absent where it can compute each. */
  able?(problem: ConvProblem, gpu: Gpu): true | string;
}

const FEWEST_TILES = 64; // one row of GEMM tiles
const FEWEST_CHANNELS = 64; // below, the transforms cost more than the products that they save

/** What Winograd's transforms are written for. */
function winogradIsAble({ geometry: g, type }: ConvProblem): true | string {
  if (type === 'f16') return 'its differences of values would lose too many bits of f16';
  if (g.kernelHeight !== 3 || g.kernelWidth !== 3 || g.stride !== 1) return 'for 3x3 kernels at stride 1';
  return (g.channelsIn % 4 === 0 && g.channelsOut % 4 === 0) || 'needs channels in fours';
}

/** F(side x side, 3x3). */
function winograd(side: TileSide): ConvAlgorithm {
  const products = (side + 2) ** 2;
  return {
    name: `winograd ${side}x${side}`,
    able: winogradIsAble,
    admits(problem, gpu) {
      const able = winogradIsAble(problem);
      if (able !== true) return able;
      if (gpu.adapter.software) return 'more launches than a software adapter gains in products';
      const { geometry: g, pass } = problem;
      if (Math.min(g.channelsIn, g.channelsOut) < FEWEST_CHANNELS)
        return `needs ${FEWEST_CHANNELS} channels on both sides to pay`;
      const [, height, width] = (pass === 'inputGrad' ? xShape(g) : yShape(g)) as [number, number, number];
      const tiles = g.batch * Math.ceil(height / side) * Math.ceil(width / side);
      if (tiles < FEWEST_TILES) return `${tiles} tiles do not fill a row of the product`;
      if (pass === 'weightGrad' && tiles > LONGEST_SUM) return `a sum of ${tiles} tiles in series would lose accuracy`;
      const used = (height * width) / (Math.ceil(height / side) * Math.ceil(width / side) * side ** 2);
      if (used * 9 * side ** 2 < 1.5 * products) return `tiles of ${side} waste too much of ${height}x${width} pixels`;
      return fits(gpu, products * Math.max(tiles, g.channelsIn) * Math.max(g.channelsIn, g.channelsOut));
    },
    forward: (g, x, w, finish = {}) => winogradForward(side, g, x, w, finish),
    inputGrad: (g, dy, w, tail) => winogradInputGrad(side, g, dy, w, tail),
    weightGrad: (g, x, dy) => winogradWeightGrad(side, g, x, dy),
  };
}

function fits(gpu: Gpu, floats: number): true | string {
  const limit = gpu.device.limits.maxStorageBufferBindingSize;
  return 4 * floats <= limit || `its transforms need ${4 * floats} bytes, a binding takes ${limit}`;
}

/** For images, whose three channels leave a tile of the product almost empty. */
const narrow: ConvAlgorithm = {
  name: 'narrow',
  able({ geometry, pass, type }, gpu) {
    if (pass === 'inputGrad') return 'few channels are what it sums over, and no tile is empty';
    return type === 'f16' ? narrowIsAble(geometry, pass, gpu) : 'multiplies f16 only';
  },
  admits(problem, gpu) {
    const able = narrow.able?.(problem, gpu) ?? true;
    return able === true ? narrowPays(problem.geometry) : able;
  },
  forward: narrowForward,
  inputGrad: convInputGrad,
  weightGrad: narrowWeightGrad,
};

const implicitGemm: ConvAlgorithm = {
  name: 'implicit gemm',
  admits: () => true,
  forward: convForward,
  inputGrad: convInputGrad,
  weightGrad: convWeightGrad,
};

/** Every way to convolve, most preferred first. */
export const CONV_ALGORITHMS: readonly ConvAlgorithm[] = [winograd(4), winograd(2), narrow, implicitGemm];

/** What tells one convolution from another in the tuning memo. */
function signatureOf({ geometry: g, pass, type }: ConvProblem): string {
  const image = [g.batch, g.height, g.width, g.channelsIn].join('x');
  const kernel = `${g.kernelHeight}x${g.kernelWidth} to ${g.channelsOut}`;
  return `${pass} ${type} ${image} by ${kernel} stride ${g.stride} padding ${g.padding} ${g.paddingMode}`;
}

/** One product of a convolution, by the algorithm that takes it. */
export function convAlgorithm(gpu: Gpu, geometry: ConvGeometry, pass: ConvPass, type: GemmType): ConvProducts {
  const problem = { geometry, pass, type };
  const signature = () => signatureOf(problem);
  const run = (operands: readonly (Tensor | undefined)[], by: (algorithm: ConvAlgorithm) => Tensor): Tensor => {
    const launch = (): Tensor => {
      const choice = chooseFor(gpu, {
        family: 'conv',
        variants: CONV_ALGORITHMS,
        problem,
        signature,
        buffers: operands.map((operand) => operand?.buffer),
        launch,
      });
      const { variant } = choice;
      const able = variant.able?.(problem, gpu) ?? true; // withVariant asks nobody
      if (able !== true) throw new VisageError(`${variant.name} cannot compute ${signature()}: ${able}`);
      return underChoice(choice, () => unwatched(() => by(variant))); // whether it pads or turns weights first is its own affair
    };
    return launch();
  };
  return {
    forward: (g, x, w, finish = {}) =>
      run([x, w, finish.bias, ...tensorsOf(finish.tail ?? {})], (algorithm) => algorithm.forward(g, x, w, finish)),
    inputGrad: (g, dy, w, tail) =>
      run([dy, w, ...tensorsOf(tail ?? {})], (algorithm) => algorithm.inputGrad(g, dy, w, tail)),
    weightGrad: (g, x, dy, result) => run([x, dy], (algorithm) => algorithm.weightGrad(g, x, dy, result)),
  };
}
