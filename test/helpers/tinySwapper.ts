/** @file SimSwap small enough to train a few steps anywhere, on procedural faces; imports nothing from Node. */
import { seeded } from '@visage/nn';
import { Discriminator, Generator, IResNet, ProceduralPairs, publishedGenerator, Trainer } from '@visage/simswap';

/** How to make a {@link tinyTrainer}. */
export interface TinyOptions {
  readonly seed?: number;
  /** Record each kind of step and replay it (default), or run op by op. */
  readonly replay?: boolean;
}

/**
 * A trainer of the paper's recipe with the smallest networks of SimSwap's form, on 48-pixel faces. Equal options give
 * equal bits.
 */
export function tinyTrainer({ seed = 1, replay = true }: TinyOptions = {}): Trainer {
  return seeded(seed, () => {
    const generator = new Generator({ ...publishedGenerator, width: 1 / 16, blocks: 1, latent: 16 });
    const discriminator = new Discriminator({ width: 1 / 16, layers: 3, scales: 2 });
    const kind = 'iresnet' as const;
    const identity = new IResNet({
      kind,
      layers: [1, 1, 1, 1],
      width: 1 / 16,
      embedding: 16,
      inputSize: 48,
      squeeze: false,
    });
    const data = new ProceduralPairs({ batchSize: 2, imageSize: 48, identities: 8, seed });
    return new Trainer({ generator, discriminator, identity, data, seed, replay });
  });
}

/** Trains until `steps` steps are done and returns the losses of each, in the order of `lossNames`. */
export async function lossesOf(trainer: Trainer, steps: number): Promise<number[][]> {
  const losses: number[][] = [];
  await trainer.run({ until: steps, onStep: (report) => losses.push(Object.values(report.losses)) });
  return losses;
}
