import type { Gpu, RecordedStep } from '@visage/gpu';
import type { Schedule } from '@visage/nn';
import { keep, type Tensor, zeros } from '@visage/tensor';
import type { LabelledData } from '../training/labelledData.ts';
import { FACE_CHANGE_ROW } from './faceChangeRows.ts';
import { type ReaderStage, scheduleOf } from './stage.ts';

/** What belongs to the stage in progress of a training. */
export class StageParts {
  readonly number: number;
  readonly data: LabelledData;
  /** The numbers of the changes of a batch. */
  readonly rows: Tensor;
  readonly rate: Schedule;
  /** The recorded step, once it has been. */
  step: RecordedStep<Tensor> | undefined;

  /** @param data of the stage; disposed with the parts. */
  constructor(number: number, stage: ReaderStage, data: LabelledData, gpu: Gpu) {
    this.number = number;
    this.data = data;
    this.rows = keep(zeros([stage.batchSize, FACE_CHANGE_ROW], { gpu }));
    this.rate = scheduleOf(stage);
  }

  dispose(): void {
    for (const owned of [this.step, this.rows, this.data]) owned?.dispose();
  }
}
