/**
 * @file A training run small enough to be started many times; as a program (data folder, run folder) it trains to the
 * end, or goes on where the folder stands.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startGpu } from '@visage/gpu/node';
import { paper } from '@visage/simswap';
import {
  builtInWeights,
  newRun,
  newSettings,
  type Preset,
  RunFolder,
  resumedRun,
  type TrainingRun,
  tiny,
} from '@visage/training';

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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [data, out] = process.argv.slice(2) as [string, string];
  await startGpu({ deterministic: true });
  const checkpoint = join(out, 'checkpoint.safetensors');
  const run = existsSync(checkpoint) ? await resumedRun(checkpoint) : await microRun(data);
  process.stdout.write('ready\n');
  await (await RunFolder.open(out, run)).train();
  process.exit(0);
}
