/** @file The compared systems of the paper, as golden files describe them. */
import type { Module } from '@visage/nn';
import { AeiNet, DeepFakes, HearNet, type Person } from '@visage/simswap';
import { avgPool2d, resize, type Tensor } from '@visage/tensor';
import type { Named } from './opCase.ts';

/** The configurations of these cases; each network reads its own. */
interface BaselineArgs {
  readonly width: number;
  readonly decoder: Person;
  readonly levels: number;
  readonly idDim: number;
  readonly taper?: 'late' | 'early';
  /**
   * Images are stored this much smaller: inputs are enlarged bilinearly before the network, its output is averaged
   * behind it. Default 1.
   */
  readonly shrink?: number;
}

interface BuiltNetwork {
  readonly module: Module;
  readonly forward: (inputs: Named) => Tensor;
}

const enlarged = (x: Tensor, by: number): Tensor => resize(x, [by * x.dim(1), by * x.dim(2)], 'bilinear');
const averaged = (x: Tensor, by: number): Tensor => avgPool2d(x, { kernel: by, stride: by });

/** Side of the maps that the attribute encoder ends with, as published. */
const DEEPEST_SIDE = 2;

/** Network name in golden files → how to build it and call it. */
export const BASELINE_NETWORKS: Readonly<Record<string, (args: BaselineArgs) => BuiltNetwork>> = {
  deepfakes: ({ width, decoder, shrink = 1 }) => {
    const module = new DeepFakes({ width, imageSize: 64 });
    return { module, forward: ({ x }) => averaged(module.forward(enlarged(x as Tensor, shrink), decoder), shrink) };
  },
  aeinet: ({ width, levels, idDim, taper = 'early', shrink = 1 }) => {
    const module = new AeiNet({ width, levels, imageSize: DEEPEST_SIDE * 2 ** levels, identity: idDim, taper });
    return {
      module,
      forward: ({ x, z }) => averaged(module.forward(enlarged(x as Tensor, shrink), z as Tensor), shrink),
    };
  },
  hearnet: ({ width, levels, shrink = 1 }) => {
    const module = new HearNet({ width, levels });
    return {
      module,
      forward: ({ x, e }) =>
        averaged(module.forward(enlarged(x as Tensor, shrink), enlarged(e as Tensor, shrink)), shrink),
    };
  },
};
