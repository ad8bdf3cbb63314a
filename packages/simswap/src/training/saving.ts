import {
  type CheckpointContent,
  type CheckpointGroups,
  type CheckpointOptions,
  liveCheckpoint,
  snapshotCheckpoint,
} from '@visage/nn';
import { simswapArchitecture } from '../files/checkpoint.ts';
import type { TrainingData } from './data.ts';
import type { Trainer } from './trainer.ts';

/** What a checkpoint says of a training besides its tensors. */
function describeTraining(trainer: Trainer, data: TrainingData, notes: unknown): CheckpointOptions {
  const { generator, discriminator, identity, recipe, seed, step, precision, ranks, syncEvery } = trainer;
  const { batchSize, imageSize } = data;
  return {
    architecture: simswapArchitecture,
    config: { generator: generator.config, discriminator: discriminator.config, identity: identity.config },
    state: { step, seed, recipe, precision, batchSize, ranks, syncEvery, imageSize, notes },
  };
}

/**
 * The checkpoint of a training at this moment.
 *
 * @param copied whether its tensors are copied on the device; if not, nothing may change them until it was poured.
 */
export async function contentOf(
  trainer: Trainer,
  data: TrainingData,
  groups: CheckpointGroups,
  { notes, copied }: { readonly notes: unknown; readonly copied: boolean },
): Promise<CheckpointContent> {
  return (copied ? snapshotCheckpoint : liveCheckpoint)(groups, describeTraining(trainer, data, notes));
}
