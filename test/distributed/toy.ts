/** @file The toy training of the tests: networks of a few thousand parameters on rendered faces, some rows each. */
import { createHash } from 'node:crypto';
import { seeded } from '@visage/nn';
import {
  ArcFace,
  Discriminator,
  Generator,
  type GradientExchange,
  ProceduralPairs,
  paper,
  publishedGenerator,
  type Shard,
  Trainer,
} from '@visage/simswap';

/** Rows of each rank. */
export const BATCH = 2;
const SIZE = 32;

export const toyNetworks = (seed = 1) =>
  seeded(seed, () => ({
    generator: new Generator({ ...publishedGenerator, width: 1 / 32, blocks: 1, latent: 16 }),
    discriminator: new Discriminator({ width: 1 / 32, layers: 2, scales: 2 }),
    identity: new ArcFace({
      kind: 'arcface',
      layers: [1, 1, 1, 1],
      width: 1 / 32,
      embedding: 16,
      inputSize: 32,
      squeeze: true,
    }),
  }));

export const toyData = (shard?: Shard, batchSize = BATCH): ProceduralPairs =>
  new ProceduralPairs({ batchSize, imageSize: SIZE, identities: 50, level: 'L0', seed: 7, shard });

/** A trainer of toy networks, on the rows of the exchange's rank. */
export const toyTrainer = (exchange?: GradientExchange, syncEvery = 1): Trainer =>
  new Trainer({ ...toyNetworks(), data: toyData(exchange), recipe: paper, seed: 3, readEvery: 4, exchange, syncEvery });

/** A hash of everything that a trainer would save. */
export const hashOf = async (trainer: Trainer): Promise<string> =>
  createHash('sha256')
    .update(await trainer.checkpoint())
    .digest('hex')
    .slice(0, 16);
