import type { CheckpointOptions } from '@visage/nn';
import { simswapArchitecture } from '../files/checkpoint.ts';
import type { TrainingData } from './data.ts';
import type { Trainer } from './trainer.ts';

/** What a checkpoint says of a training besides its tensors. */
export function describeTraining(trainer: Trainer, data: TrainingData, notes: unknown): CheckpointOptions {
  const { generator, discriminator, identity, recipe, seed, step, precision } = trainer;
  const { batchSize, imageSize } = data;
  return {
    architecture: simswapArchitecture,
    config: { generator: generator.config, discriminator: discriminator.config, identity: identity.config },
    state: { step, seed, recipe, precision, batchSize, imageSize, notes },
  };
}
