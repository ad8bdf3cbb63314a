import { VisageError } from '@visage/gpu';
import type { LossName } from './step.ts';

/** A loss became infinite or not a number; the weights since then are worthless. */
export class NonFiniteLossError extends VisageError {
  override name = 'NonFiniteLossError';
  readonly step: number;
  readonly loss: LossName;

  constructor(step: number, loss: LossName, value: number) {
    super(
      `training: the ${loss} loss became ${value} at step ${step}; go back to a checkpoint from before it, and lower the learning rate or the weight of that loss`,
    );
    this.step = step;
    this.loss = loss;
  }
}
