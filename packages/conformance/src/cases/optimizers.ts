import { Adam, AdamW, type Optimizer, Sgd } from '@visage/nn';
import { concat, copy, slice, type Tensor, tensor } from '@visage/tensor';
import { DTYPES } from '@visage/tensor/kernels';
import type { Preparer } from '../golden/prepared.ts';

/** The hyperparameters under PyTorch's names. */
interface OptimizerArgs {
  readonly lr: number;
  readonly betas?: readonly [number, number];
  readonly eps?: number;
  readonly weight_decay?: number;
  readonly momentum?: number;
}

type Maker = (parameter: Tensor, args: OptimizerArgs) => Optimizer;

const adam =
  (Kind: typeof Adam | typeof AdamW): Maker =>
  (parameter, { lr, betas, eps, weight_decay }) =>
    new Kind([['p', parameter]], { learningRate: lr, betas, eps, weightDecay: weight_decay });

const OPTIMIZERS: Readonly<Record<string, Maker>> = {
  Adam: adam(Adam),
  AdamW: adam(AdamW),
  SGD: (parameter, { lr, momentum, weight_decay }) =>
    new Sgd([['p', parameter]], { learningRate: lr, momentum, weightDecay: weight_decay }),
};

/** Steps an optimizer with the stored gradients, and compares the parameter after every step. */
const optimizerCase =
  (make: Maker): Preparer =>
  (golden, tensors) => {
    const [start, gradients] = [tensors.get('p'), tensors.get('grads')];
    const parameter = tensor(start.data, start.shape);
    const rows = tensor(gradients.data, gradients.shape);
    const optimizer = make(parameter, golden.args as unknown as OptimizerArgs);
    const afterStep = (k: number): Tensor => {
      optimizer.step([slice(rows, 0, k, k + 1).reshape(start.shape)]);
      return copy(parameter).reshape([1, parameter.size]);
    };
    return {
      compute: () => {
        const visited = Array.from({ length: rows.dim(0) }, (_, k) => afterStep(k));
        return { outputs: { trajectory: concat(visited, 0) }, gradients: {} };
      },
      reset: () => {
        parameter.write(start.data);
        clearState(optimizer);
      },
      inputs: [parameter, rows],
      expected: { outputs: { trajectory: tensors.get('trajectory').data }, gradients: {} },
    };
  };

/** Resets an optimizer to its state before the first step. */
export function clearState(optimizer: Optimizer): void {
  for (const state of optimizer.stateDict().values()) state.write(zerosFor(state));
}

const zerosFor = ({ dtype, size }: Tensor) => new DTYPES[dtype].host(new ArrayBuffer(size * DTYPES[dtype].bytes));

/** For each op name `optimizer:<PyTorch class>`, the preparation of its cases. */
export const OPTIMIZER_CASES: readonly (readonly [string, Preparer])[] = Object.entries(OPTIMIZERS).map(
  ([name, make]) => [`optimizer:${name}`, optimizerCase(make)],
);
