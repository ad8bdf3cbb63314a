/**
 * @file The family of convolution algorithms, and the three passes of a convolution, each by the algorithm that is
 * chosen for it.
 */
import { Family, underChoice, type Variant } from '@visage/gpu';
import { unwatched } from '../core/autograd.ts';
import { chooseFor } from '../core/metProblems.ts';
import type { Tensor } from '../core/tensor.ts';
import { type Finish, type GemmType, gemmType, LONGEST_SUM, tensorsOf } from '../gemm/problem.ts';
import { hasMatrices } from '../gemm/subgroupMatrix.ts';
import { fewChannelsAdmits, fewChannelsForward, fewChannelsSupports, fewChannelsWeightGrad } from './fewChannels.ts';
import { type ConvGeometry, xShape, yShape } from './geometry.ts';
import { implicitForward, implicitInputGrad, implicitWeightGrad } from './implicitGemm.ts';
import { type TileSide, winogradForward, winogradInputGrad, winogradWeightGrad } from './winograd.ts';

/** The three products of a convolution: y, dx and dw. */
export type ConvPass = 'forward' | 'inputGrad' | 'weightGrad';

/** A convolution without groups. For `inputGrad` its padding is zeros. */
export interface ConvProblem {
  readonly geometry: ConvGeometry;
  readonly pass: ConvPass;
  /** Element type of both operands. */
  readonly type: GemmType;
}

/** A way to compute them. */
export interface ConvAlgorithm extends Variant<ConvProblem> {
  forward(g: ConvGeometry, x: Tensor, w: Tensor, finish: Finish): Tensor;
  /** For zero padding. */
  inputGrad(g: ConvGeometry, dy: Tensor, w: Tensor, finish: Finish): Tensor;
  /** dw in the type `result`. */
  weightGrad(g: ConvGeometry, x: Tensor, dy: Tensor, result: GemmType): Tensor;
}

const FEWEST_TILES = 64; // one row of GEMM tiles
const FEWEST_CHANNELS = 64; // below this the transforms cost more than the products that they save
// In f16 products are fast and transforms are not: what they save grows as Ci · Co and what they cost as Ci + Co.
// Measured on an H200 (2026-11-30) with maps of 7x7 to 224x224, 64 to 512 channels, 1 to 16 images.
const FEWEST_PAIRED = 64; // Ci · Co / (Ci + Co): 128 to 128 channels pay, 128 to 64 do not
// of the direct convolution: below it the host takes longer for three more launches than they save
const FEWEST_FLOPS = 2e10;

const flopsOf = (g: ConvGeometry): number =>
  2 * g.batch * g.outHeight * g.outWidth * g.kernelHeight * g.kernelWidth * g.channelsIn * g.channelsOut;

/** The image that a pass divides into tiles. */
const tiledImage = ({ geometry: g, pass }: ConvProblem): readonly [height: number, width: number] => {
  const [, height, width] = (pass === 'inputGrad' ? xShape(g) : yShape(g)) as [number, number, number];
  return [height, width];
};

/** Winograd's F(side x side, 3x3). */
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
      if (g.kernelHeight !== 3 || g.kernelWidth !== 3 || g.stride !== 1) return 'for 3x3 kernels at stride 1';
      if (g.channelsIn % 4 !== 0 || g.channelsOut % 4 !== 0) return 'needs channels in fours';
      const floats = products * Math.max(tilesOf(problem), g.channelsIn) * Math.max(g.channelsIn, g.channelsOut);
      const limit = gpu.device.limits.maxStorageBufferBindingSize;
      const bytes = (type === 'f16' && problem.pass !== 'weightGrad' ? 2 : 4) * floats;
      return bytes <= limit || `its transforms need ${bytes} bytes, a binding takes ${limit}`;
    },
    admits(problem, gpu) {
      if (gpu.adapter.software) return 'more launches than a software adapter gains in products';
      const { geometry: g, pass, type } = problem;
      if (type === 'f16') {
        if (hasMatrices(gpu) !== true) return 'for f16 measured on subgroup matrices only';
        const { channelsIn: ci, channelsOut: co } = g;
        if ((ci * co) / (ci + co) < FEWEST_PAIRED) return `${ci} and ${co} channels are too few to pay in f16`;
        if (flopsOf(g) < FEWEST_FLOPS) return 'too small a product to pay for the transforms in f16';
      } else if (Math.min(g.channelsIn, g.channelsOut) < FEWEST_CHANNELS)
        return `needs ${FEWEST_CHANNELS} channels on both sides to pay`;
      const tiles = tilesOf(problem);
      if (tiles < FEWEST_TILES) return `${tiles} tiles do not fill a row of the product`;
      if (pass === 'weightGrad' && tiles > LONGEST_SUM) return `a sum of ${tiles} tiles in series would lose accuracy`;
      const [height, width] = tiledImage(problem);
      const used = (height * width) / (Math.ceil(height / side) * Math.ceil(width / side) * side ** 2);
      const pays = used * 9 * side ** 2 >= 1.5 * products;
      return pays || `tiles of ${side} waste too much of ${height}x${width} pixels`;
    },
    forward: (g, x, w, finish) => winogradForward(side, g, x, w, finish),
    inputGrad: (g, dy, w, finish) => winogradInputGrad(side, g, dy, w, finish),
    weightGrad: (g, x, dy, result) => winogradWeightGrad(side, g, x, dy, result),
  };
}

/** For layers that make images: their three channels would leave a tile of the product almost empty. */
const fewChannels: ConvAlgorithm = {
  name: 'few channels',
  supports({ geometry, pass, type }, gpu) {
    if (pass === 'inputGrad') return 'the few channels are what it sums over, and no tile is empty';
    return type === 'f16' ? fewChannelsSupports(geometry, pass, gpu) : 'multiplies f16 only';
  },
  admits: ({ geometry }, gpu) => fewChannelsAdmits(geometry, gpu),
  forward: fewChannelsForward,
  inputGrad: implicitInputGrad,
  weightGrad: fewChannelsWeightGrad,
};

const implicitGemm: ConvAlgorithm = {
  name: 'implicit gemm',
  forward: implicitForward,
  inputGrad: implicitInputGrad,
  weightGrad: implicitWeightGrad,
};

/** Every way to convolve. One is chosen for each pass. */
export const convFamily = new Family<ConvProblem, ConvAlgorithm>({
  name: 'conv',
  variants: [winograd(4), winograd(2), fewChannels, implicitGemm],
  tuned: true,
  describe({ geometry: g, pass, type }) {
    const image = [g.batch, g.height, g.width, g.channelsIn].join('x');
    const kernel = `${g.kernelHeight}x${g.kernelWidth} to ${g.channelsOut}`;
    return `${pass} ${type} ${image} by ${kernel} stride ${g.stride} padding ${g.padding} ${g.paddingMode}`;
  },
});

/**
 * Chooses the algorithm for one pass and runs it. `tensors` are all that it reads, the first operand first; `again`
 * runs the pass once more, for tuning.
 */
function convolve(
  problem: ConvProblem,
  tensors: readonly [Tensor, ...Tensor[]],
  run: (algorithm: ConvAlgorithm) => Tensor,
  again = run,
): Tensor {
  const choice = chooseFor(tensors[0].gpu, {
    family: convFamily,
    problem,
    buffers: tensors.map(({ buffer }) => buffer),
    launch: () => convolve(problem, tensors, again),
  });
  // An algorithm may call other ops, such as pad2d or permute: whoever watches ops shall see the convolution alone.
  return underChoice(choice, () => unwatched(() => run(choice.variant)));
}

/** y = x ⋆ w, finished, without groups. x and w are of one type. */
export const convForward = (g: ConvGeometry, x: Tensor, w: Tensor, finish: Finish = {}): Tensor =>
  convolve(
    { geometry: g, pass: 'forward', type: gemmType(x) },
    [x, w, ...tensorsOf(finish)],
    (algorithm) => algorithm.forward(g, x, w, finish),
    (algorithm) => algorithm.forward(g, x, w, { ...finish, mergedBy: undefined }),
  );

/** dx, finished, for zero padding and without groups. dy and w are of one type. */
export const convInputGrad = (g: ConvGeometry, dy: Tensor, w: Tensor, finish: Finish = {}): Tensor =>
  convolve({ geometry: g, pass: 'inputGrad', type: gemmType(dy) }, [dy, w, ...tensorsOf(finish)], (algorithm) =>
    algorithm.inputGrad(g, dy, w, finish),
  );

/** dw in the type `result`, without groups. x and dy are of one type. */
export const convWeightGrad = (g: ConvGeometry, x: Tensor, dy: Tensor, result: GemmType): Tensor =>
  convolve({ geometry: g, pass: 'weightGrad', type: gemmType(x) }, [x, dy], (algorithm) =>
    algorithm.weightGrad(g, x, dy, result),
  );
