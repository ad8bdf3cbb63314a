/** @file A training run small enough to be started many times. */
import { paper } from '@visage/simswap';
import { builtInWeights, newRun, newSettings, type Preset, type TrainingRun, tiny } from '@visage/training';

export const micro: Preset = {
  ...tiny,
  name: 'micro',
  imageSize: 32,
  batchSize: 1,
  steps: 24,
  generator: { ...tiny.generator, width: 1 / 16, blocks: 1 },
  discriminator: { width: 1 / 16, layers: 2, scales: 2 },
  heldOut: 3,
  sampleEvery: 4,
  evaluateEvery: 1000,
  saveEvery: 3,
};

/** A new run on the pictures of a folder. */
export const microRun = (folder: string, changes: Partial<Preset> = {}): Promise<TrainingRun> =>
  newRun(newSettings({ ...micro, ...changes }, paper, { data: [{ folder, weight: 1 }] }), builtInWeights('identity'));
