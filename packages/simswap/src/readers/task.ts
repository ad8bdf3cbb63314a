import type { CheckpointGroups, Layer, Module } from '@visage/nn';
import type { Tensor } from '@visage/tensor';
import type { Precision } from '../core/precision.ts';
import type { LabelledPictures } from '../training/labelledData.ts';
import type { FaceChanges } from './faceChanges.ts';
import type { ReaderStage } from './stage.ts';

/** What a reader learns: its networks, its loss, and how its labels follow the changes of the faces. */
export interface ReaderTask<S extends ReaderStage = ReaderStage> {
  /** Whether its stages are `MarginStage`s. */
  readonly margins: boolean;
  /** The network that is left when the training is over. */
  readonly network: Layer;
  /** Everything that is trained, by the names of a checkpoint. */
  readonly modules: Readonly<Record<string, Module>>;
  /** A second network of the same architecture, for a moving average. */
  twin(): Layer;
  /** Sets the numbers of a step of a stage, counted from 0. */
  prepare(stage: S, step: number): void;
  /** The batch under the changes whose numbers are `rows`. Part of the recorded step. */
  changed(batch: LabelledPictures, changes: FaceChanges, rows: Tensor): LabelledPictures;
  /** The loss of a batch, a scalar; parameters receive its gradient. Part of the recorded step. */
  loss(batch: LabelledPictures, stage: S, precision: Precision): Tensor;
  /** What a checkpoint stores besides the modules. */
  state(): CheckpointGroups;
  /** Gives the memory back, but that of the modules. */
  dispose(): void;
}
