import type { CheckpointGroups, Module } from '@visage/nn';
import { l1Loss, type Tensor } from '@visage/tensor';
import { inPrecision, type Precision } from '../core/precision.ts';
import { LandmarkNetwork } from '../networks/landmarkNetwork.ts';
import type { LabelledPictures } from '../training/labelledData.ts';
import { changeFaces, changePoints } from './changeFaces.ts';
import type { FaceChanges } from './faceChanges.ts';
import type { ReaderStage } from './stage.ts';
import type { ReaderTask } from './task.ts';

/**
 * Learns where points of a face lie: the mean absolute error. Labels are points [N, P, 2], x and y as shares of the
 * side.
 */
export class LandmarkTask implements ReaderTask {
  readonly margins = false;
  readonly network: LandmarkNetwork;
  readonly modules: Readonly<Record<string, Module>>;
  readonly #mirror: readonly number[];

  /** @param mirror for each point the number of its mirror image. */
  constructor(network: LandmarkNetwork, mirror: readonly number[]) {
    this.network = network;
    this.modules = { network };
    this.#mirror = mirror;
  }

  twin(): LandmarkNetwork {
    return new LandmarkNetwork(this.network.config);
  }

  prepare(): void {}

  changed({ images, labels }: LabelledPictures, changes: FaceChanges, rows: Tensor): LabelledPictures {
    return {
      images: changeFaces(images, changes, rows),
      labels: changePoints(labels, changes, rows, images.dim(1), this.#mirror),
    };
  }

  loss({ images, labels }: LabelledPictures, _: ReaderStage, precision: Precision): Tensor {
    return l1Loss(
      inPrecision(precision, () => this.network.forward(images)),
      labels,
    );
  }

  state(): CheckpointGroups {
    return {};
  }

  dispose(): void {}
}
