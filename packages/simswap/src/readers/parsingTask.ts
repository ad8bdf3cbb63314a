import type { CheckpointGroups, Module } from '@visage/nn';
import { cast, crossEntropy, type Tensor } from '@visage/tensor';
import { inPrecision, type Precision } from '../core/precision.ts';
import { ParsingNetwork } from '../networks/parsingNetwork.ts';
import type { LabelledPictures } from '../training/labelledData.ts';
import { changeFaces, changeMaps } from './changeFaces.ts';
import type { FaceChanges } from './faceChanges.ts';
import type { ReaderStage } from './stage.ts';
import type { ReaderTask } from './task.ts';

/**
 * Learns what each pixel of a face shows: cross entropy over the pixels. Labels are maps [N, S, S, 1] of classes, f32.
 */
export class ParsingTask implements ReaderTask {
  readonly margins = false;
  readonly network: ParsingNetwork;
  readonly modules: Readonly<Record<string, Module>>;
  readonly #occluder: number;

  /** @param occluder the class of the objects that are put before faces. */
  constructor(network: ParsingNetwork, occluder: number) {
    this.network = network;
    this.modules = { network };
    this.#occluder = occluder;
  }

  twin(): ParsingNetwork {
    return new ParsingNetwork(this.network.config);
  }

  prepare(): void {}

  changed({ images, labels }: LabelledPictures, changes: FaceChanges, rows: Tensor): LabelledPictures {
    return {
      images: changeFaces(images, changes, rows),
      labels: changeMaps(labels, changes, rows, this.#occluder),
    };
  }

  loss({ images, labels }: LabelledPictures, _: ReaderStage, precision: Precision): Tensor {
    const logits = inPrecision(precision, () => this.network.forward(images));
    const classes = this.network.config.classes.length;
    return crossEntropy(logits.reshape([labels.size, classes]), cast(labels.reshape([labels.size]), 'u32'));
  }

  state(): CheckpointGroups {
    return {};
  }

  dispose(): void {}
}
