import { Adam, type Optimizer, Sgd } from '@visage/nn';
import type { ReaderOptimizer } from './readerOptions.ts';
import type { ReaderStage } from './stage.ts';
import type { ReaderTask } from './task.ts';

/** The optimizer of everything that a task trains. */
export function optimizerOf<S extends ReaderStage>(
  { modules }: ReaderTask<S>,
  kind: ReaderOptimizer,
  learningRate: number,
): Optimizer {
  const parameters = Object.entries(modules).flatMap(([name, module]) =>
    [...module.trainedParameters()].map(([path, x]) => [`${name}.${path}`, x] as const),
  );
  return kind === 'sgd'
    ? new Sgd(parameters, { learningRate, momentum: 0.9, weightDecay: 5e-4 })
    : new Adam(parameters, { learningRate });
}
