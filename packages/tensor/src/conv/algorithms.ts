import { Family, underChoice, type Variant } from '@visage/gpu';
import { unwatched } from '../core/autograd.ts';
import { chooseFor } from '../core/metProblems.ts';
import type { Tensor } from '../core/tensor.ts';
import { type Tail, tensorsOf } from '../gemm/epilogue.ts';
import { gemmType } from '../gemm/half.ts';
import { LONGEST_SUM } from '../gemm/plan.ts';
import type { GemmType } from '../gemm/problem.ts';
import { narrowForward, narrowIsAble, narrowPays, narrowWeightGrad } from './fewChannels.ts';
import { type ConvGeometry, xShape, yShape } from './geometry.ts';
import { type ConvFinish, implicitForward, implicitInputGrad, implicitWeightGrad } from './implicitGemm.ts';
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
export interface ConvAlgorithm extends Variant<ConvProblem>, ConvProducts {}

const FEWEST_TILES = 64; // one row of GEMM tiles
const FEWEST_CHANNELS = 64; // below, the transforms cost more than the products that they save

/** The image whose pixels a pass makes tiles of. */
const tiledImage = ({ geometry: g, pass }: ConvProblem): readonly [height: number, width: number] => {
  const [, height, width] = (pass === 'inputGrad' ? xShape(g) : yShape(g)) as [number, number, number];
  return [height, width];
};

/** F(side x side, 3x3). */
function winograd(side: TileSide): ConvAlgorithm {
  const products = (side + 2) ** 2;
  const tilesOf = (problem: ConvProblem): number => {
    const [height, width] = tiledImage(problem);
    return problem.geometry.batch * Math.ceil(height / side) * Math.ceil(width / side);
  };
  return {
    name: `winograd ${side}x${side}`,
    supports(problem, gpu) {
      const { geometry: g, type } = problem;
      if (type === 'f16') return 'its differences of values would lose too many bits of f16';
      if (g.kernelHeight !== 3 || g.kernelWidth !== 3 || g.stride !== 1) return 'for 3x3 kernels at stride 1';
      if (g.channelsIn % 4 !== 0 || g.channelsOut % 4 !== 0) return 'needs channels in fours';
      const floats = products * Math.max(tilesOf(problem), g.channelsIn) * Math.max(g.channelsIn, g.channelsOut);
      const limit = gpu.device.limits.maxStorageBufferBindingSize;
      return 4 * floats <= limit || `its transforms need ${4 * floats} bytes, a binding takes ${limit}`;
    },
    admits(problem, gpu) {
      if (gpu.adapter.software) return 'more launches than a software adapter gains in products';
      const { geometry: g, pass } = problem;
      if (Math.min(g.channelsIn, g.channelsOut) < FEWEST_CHANNELS)
        return `needs ${FEWEST_CHANNELS} channels on both sides to pay`;
      const tiles = tilesOf(problem);
      if (tiles < FEWEST_TILES) return `${tiles} tiles do not fill a row of the product`;
      if (pass === 'weightGrad' && tiles > LONGEST_SUM) return `a sum of ${tiles} tiles in series would lose accuracy`;
      const [height, width] = tiledImage(problem);
      const used = (height * width) / (Math.ceil(height / side) * Math.ceil(width / side) * side ** 2);
      const pays = used * 9 * side ** 2 >= 1.5 * products;
      return pays || `tiles of ${side} waste too much of ${height}x${width} pixels`;
    },
    forward: (g, x, w, finish = {}) => winogradForward(side, g, x, w, finish),
    inputGrad: (g, dy, w, tail) => winogradInputGrad(side, g, dy, w, tail),
    weightGrad: (g, x, dy) => winogradWeightGrad(side, g, x, dy),
  };
}

/** For images, whose three channels leave a tile of the product almost empty. */
const narrow: ConvAlgorithm = {
  name: 'narrow',
  supports({ geometry, pass, type }, gpu) {
    if (pass === 'inputGrad') return 'few channels are what it sums over, and no tile is empty';
    return type === 'f16' ? narrowIsAble(geometry, pass, gpu) : 'multiplies f16 only';
  },
  admits: ({ geometry }, gpu) => narrowPays(geometry, gpu),
  forward: narrowForward,
  inputGrad: implicitInputGrad,
  weightGrad: narrowWeightGrad,
};

const implicitGemm: ConvAlgorithm = {
  name: 'implicit gemm',
  forward: implicitForward,
  inputGrad: implicitInputGrad,
  weightGrad: implicitWeightGrad,
};

/** Every way to convolve, for each pass. */
export const convFamily = new Family<ConvProblem, ConvAlgorithm>({
  name: 'conv',
  variants: [winograd(4), winograd(2), narrow, implicitGemm],
  tuned: true,
  describe({ geometry: g, pass, type }) {
    const image = [g.batch, g.height, g.width, g.channelsIn].join('x');
    const kernel = `${g.kernelHeight}x${g.kernelWidth} to ${g.channelsOut}`;
    return `${pass} ${type} ${image} by ${kernel} stride ${g.stride} padding ${g.padding} ${g.paddingMode}`;
  },
});

/** Chooses who computes one pass over the operands, and lets it. */
function convolve(
  problem: ConvProblem,
  operands: readonly [Tensor, ...(Tensor | undefined)[]],
  by: (algorithm: ConvAlgorithm) => Tensor,
): Tensor {
  const choice = chooseFor(operands[0].gpu, {
    family: convFamily,
    problem,
    buffers: operands.map((operand) => operand?.buffer),
    launch: () => convolve(problem, operands, by),
  });
  return underChoice(choice, () => unwatched(() => by(choice.variant))); // whether it pads or turns weights first is its own affair
}

/** y = x ⋆ w, finished: x and w of one type, without groups. */
export const convForward = (g: ConvGeometry, x: Tensor, w: Tensor, finish: ConvFinish = {}): Tensor =>
  convolve(
    { geometry: g, pass: 'forward', type: gemmType(x) },
    [x, w, finish.bias, ...tensorsOf(finish.tail ?? {})],
    (algorithm) => algorithm.forward(g, x, w, finish),
  );

/** dx, for zero padding: dy and w of one type. */
export const convInputGrad = (g: ConvGeometry, dy: Tensor, w: Tensor, tail?: Tail): Tensor =>
  convolve({ geometry: g, pass: 'inputGrad', type: gemmType(dy) }, [dy, w, ...tensorsOf(tail ?? {})], (algorithm) =>
    algorithm.inputGrad(g, dy, w, tail),
  );

/** dw in the type `result`: x and dy of one type. */
export const convWeightGrad = (g: ConvGeometry, x: Tensor, dy: Tensor, result: GemmType): Tensor =>
  convolve({ geometry: g, pass: 'weightGrad', type: gemmType(x) }, [x, dy], (algorithm) =>
    algorithm.weightGrad(g, x, dy, result),
  );
