/** @file The cases of the networks that the paper compares with: DeepFakes and FaceShifter (AEI-Net, HEAR-Net). */
import type { Module } from '@visage/nn';
import { AeiNet, DeepFakes, HearNet, type Person } from '@visage/simswap';
import { avgPool2d, resize, type Tensor } from '@visage/tensor';
import type { Named } from './opCase.ts';

/** The arguments of these cases; each network reads only its own. */
interface BaselineArgs {
  readonly width: number;
  readonly decoder: Person;
  readonly levels: number;
  readonly idDim: number;
  readonly taper?: 'late' | 'early';
  /**
   * The factor by which stored images are smaller than the network's. Inputs are enlarged bilinearly before the
   * network, and its output is average-pooled. Default 1.
   */
  readonly shrink?: number;
}

interface BuiltNetwork {
  readonly module: Module;
  readonly forward: (inputs: Named) => Tensor;
}

const enlarged = (x: Tensor, by: number): Tensor => resize(x, [by * x.dim(1), by * x.dim(2)], 'bilinear');
const averaged = (x: Tensor, by: number): Tensor => avgPool2d(x, { kernel: by, stride: by });

/** Side of the last feature maps of the attribute encoder, as published. */
const DEEPEST_SIDE = 2;

/** For each network name in golden files, the function that builds the network and its forward pass. */
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
