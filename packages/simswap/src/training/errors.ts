import { VisageError } from '@visage/gpu';

/** A loss became infinite or not a number; the weights since then are worthless. */
export class NonFiniteLossError extends VisageError {
  override name = 'NonFiniteLossError';
  readonly step: number;
  /** Name of the loss: one of `lossNames` for a swapper, `only` for a reader. */
  readonly loss: string;

  /** The first op with such a result when the step is repeated op by op, and its shape. */
  readonly op: string | undefined;

  constructor(step: number, loss: string, value: number, op?: string) {
    const culprit = op ? ` (repeated op by op, ${op} is the first such result)` : '';
    super(
      `training: the ${loss} loss became ${value} at step ${step}${culprit}; go back to a checkpoint from before it, and lower the learning rate or the weight of that loss`,
    );
    this.step = step;
    this.loss = loss;
    this.op = op;
  }
}
