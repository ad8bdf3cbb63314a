import type { Level } from '@visage/faces';
import { type DiscriminatorConfig, type GeneratorConfig, publishedGenerator } from '@visage/simswap';

/**
 * The learning rates of a run. The paper gives none. They belong to the preset because the best values depend on the
 * sizes of the networks and on the length of the run.
 */
export interface Rates {
  readonly generator: number;
  readonly discriminator: number;
  /** Whether both rates fall to zero over the run along half a cosine. */
  readonly decay: boolean;
}

/** The sizes of a training run: networks, images, batch and length. The method of training is the recipe's. */
export interface Preset {
  readonly name: string;
  /** One line for the help. `describeDiscriminator` states how the discriminator differs from the paper's. */
  readonly about: string;
  readonly imageSize: number;
  readonly batchSize: number;
  readonly steps: number;
  readonly generator: GeneratorConfig;
  readonly discriminator: DiscriminatorConfig;
  /** Default: the rates of the recipe. */
  readonly rates?: Rates;
  /** People in the procedural training set. */
  readonly identities: number;
  readonly level: Level;
  /**
   * Number of people who are excluded from training. A measurement tests whether swaps are recognised as the right one
   * of them.
   */
  readonly heldOut: number;
  /** Number of steps between two sample grids; likewise for measurements and checkpoints below. */
  readonly sampleEvery: number;
  readonly evaluateEvery: number;
  readonly saveEvery: number;
}

/**
 * The preset for two processor cores and five minutes, in which 6000 images can be processed. Its generator is narrow,
 * and its faces differ in person, skin, hair and background but all look straight ahead in even light (level L0).
 *
 * A discriminator with two halvings keeps feature maps of 12 × 12 for weak feature matching. The gradient of weak
 * feature matching preserves pose and colours; that of the reconstruction loss is ten to thirty times weaker. The
 * discriminator has three feature maps at each of two scales and a quarter of the paper's width; the paper's has five
 * at each of two scales. Its learning rate is low because in so short a run it is more useful as a nearly fixed feature
 * extractor than as an adversary.
 */
export const tiny: Preset = {
  name: 'tiny',
  about: '48 pixels, narrow networks, a discriminator of 3 feature maps: minutes on a software adapter',
  imageSize: 48,
  batchSize: 4,
  steps: 1500,
  generator: { ...publishedGenerator, width: 0.125, blocks: 2, latent: 128 },
  discriminator: { width: 0.25, layers: 2, scales: 2 },
  rates: { generator: 2e-3, discriminator: 1e-5, decay: true },
  identities: 20_000,
  level: 'L0',
  heldOut: 16,
  sampleEvery: 300,
  evaluateEvery: 500,
  saveEvery: 500,
};

/**
 * The preset for a GPU, which takes two minutes on a large one. Its discriminator serves both as an adversary and for
 * feature matching. It has three feature maps at each of two scales and half the paper's width; the paper's has five at
 * each of two scales.
 */
export const small: Preset = {
  name: 'small',
  about: '64 pixels, half-width networks, a discriminator of 3 feature maps: minutes on a GPU',
  imageSize: 64,
  batchSize: 16,
  steps: 8000,
  generator: { ...publishedGenerator, width: 0.5, blocks: 4, latent: 128 },
  discriminator: { width: 0.5, layers: 2, scales: 2 },
  rates: { generator: 6e-4, discriminator: 1e-4, decay: true },
  identities: 100_000,
  level: 'L0',
  heldOut: 50,
  sampleEvery: 500,
  evaluateEvery: 1000,
  saveEvery: 2000,
};

/**
 * The preset for swaps of photographs: heads whose swaps carry over, at a size at which a face is a face. Its generator
 * has 13 MB in f16.
 */
export const portrait: Preset = {
  name: 'portrait',
  about:
    '128 pixels, half-width networks of 4 blocks, mesh heads, a discriminator of 5 feature maps: half an hour on a large GPU',
  imageSize: 128,
  batchSize: 16,
  steps: 80_000,
  generator: { ...publishedGenerator, width: 0.5, blocks: 4, latent: 256 },
  discriminator: { width: 0.5, layers: 4, scales: 2 },
  rates: { generator: 4e-4, discriminator: 1e-4, decay: true },
  identities: 100_000,
  level: 'M2',
  heldOut: 50,
  sampleEvery: 2000,
  evaluateEvery: 10_000,
  saveEvery: 10_000,
};

/**
 * As {@link portrait}, with the networks of the paper at the paper's image size. No training by it has been run to its
 * end.
 */
export const portrait224: Preset = {
  ...portrait,
  name: 'portrait-224',
  about: '224 pixels, the networks of the paper, mesh heads, a discriminator of 5 feature maps: hours on a large GPU',
  imageSize: 224,
  steps: 200_000,
  generator: { ...publishedGenerator, width: 1, blocks: 9, latent: 256 },
  discriminator: { width: 1, layers: 4, scales: 2 },
};

/** The networks of the paper at the paper's image size. */
export const published: Preset = {
  name: 'published',
  about: '224 pixels, the networks of the paper, a discriminator of 5 feature maps: days on a GPU',
  imageSize: 224,
  batchSize: 4,
  steps: 500_000,
  generator: { ...publishedGenerator, width: 1, blocks: 9, latent: 512 },
  discriminator: { width: 1, layers: 4, scales: 2 },
  identities: 500_000,
  level: 'L2',
  heldOut: 50,
  sampleEvery: 1000,
  evaluateEvery: 10_000,
  saveEvery: 5000,
};

/** All presets, from the smallest to the largest. */
export const presets: readonly Preset[] = [tiny, small, portrait, portrait224, published];

/** The preset that `visage train` chooses for an adapter. */
export const presetFor = ({ software }: { readonly software: boolean }): Preset => (software ? tiny : small);
