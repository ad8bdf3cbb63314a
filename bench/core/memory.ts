import type { Gpu } from '@visage/gpu';
import { type Precision, ProceduralPairs, Trainer } from '@visage/simswap';
import { discriminatorOf, disposeModels, generatorOf, identityOf } from './models.ts';
import type { Sizes } from './sizes.ts';

/** Where the memory of a training with the paper's recipe goes, in bytes, and how many launches it has. */
export interface MemoryRow {
  readonly precision: Precision;
  readonly batch: number;
  /** Generator, discriminators and identity network, in f32. */
  readonly networks: number;
  /** Moments of both optimizers, moving average, and the identity network as the steps run it. */
  readonly state: number;
  /** Other forms of frozen weights, which recorded steps keep. */
  readonly constants: number;
  /** The workspace of the recorded steps: activations, gradients and all other intermediate values. */
  readonly workspace: number;
  /** The peak, which also counts results of steps, input and free buffers of the pool. */
  readonly peak: number;
  /** Kernels per step, the mean over both kinds of pairs. */
  readonly dispatches: number;
}

/** What to count. */
export interface MemoryOptions {
  readonly sizes: Sizes;
  readonly batch: number;
  readonly precision: Precision;
}

/** Counts the device memory and the launches of a training that has recorded all its steps. */
export async function countMemory(gpu: Gpu, { sizes, batch, precision }: MemoryOptions): Promise<MemoryRow> {
  // optimizers pack the parameters of these models, so the next training needs new ones
  disposeModels();
  gpu.trim();
  const [generator, discriminator] = [generatorOf(sizes).freeze(false), discriminatorOf(sizes).freeze(false)];
  const identity = identityOf(sizes);
  gpu.pool.resetPeak();
  const networks = gpu.memory.live;
  const data = new ProceduralPairs({ batchSize: batch, imageSize: sizes.size, identities: 1000 });
  const before = gpu.memory.live;
  const trainer = new Trainer({ generator, discriminator, identity, data, precision });
  const state = gpu.memory.live - before;
  await trainer.run({ until: 2 * trainer.recipe.pairs.length });
  const [constants, workspace, peak] = [gpu.constants.bytes, gpu.workspace.bytes, gpu.memory.peak];
  const steps = [...new Set(trainer.recipe.pairs)].map((kind) => trainer.recorded(kind));
  const dispatches = steps.flat().reduce((sum, step) => sum + step.dispatches, 0) / steps.length;
  for (const each of [trainer, trainer.average, data]) each.dispose();
  return { precision, batch, networks, state, constants, workspace, peak, dispatches };
}
