import type { Level } from '@visage/faces';
import type { DiscriminatorConfig, GeneratorConfig } from '@visage/simswap';

/**
 * Learning rates. The paper gives none, and what learns best depends on the sizes and the length of a run, so they are
 * a preset's business.
 */
export interface Rates {
  readonly generator: number;
  readonly discriminator: number;
  /** Let both fall to zero over the run, along half a cosine. */
  readonly decay: boolean;
}

/** Sizes of a training run: networks, images, batch and length. How it trains is the recipe's business. */
export interface Preset {
  readonly name: string;
  /** One line for the help; what the discriminator is beside the paper's, `describeDiscriminator` says. */
  readonly about: string;
  readonly imageSize: number;
  readonly batchSize: number;
  readonly steps: number;
  readonly generator: GeneratorConfig;
  readonly discriminator: DiscriminatorConfig;
  /** None: the recipe's own. */
  readonly rates?: Rates;
  /** People in the procedural training set. */
  readonly identities: number;
  readonly level: Level;
  /** People that nobody trains on, among whom a swap must be recognised when it is measured. */
  readonly heldOut: number;
  /** Steps between two sample grids, two measurements, two checkpoints. */
  readonly sampleEvery: number;
  readonly evaluateEvery: number;
  readonly saveEvery: number;
}

const plain = { head: 'tanh', deep: false, halfWidthStem: false } as const;

/**
 * For two processor cores and five minutes, so for 6000 images: a narrow generator, and faces that differ in the
 * person, skin, hair and background but all look ahead in even light (level L0).
 *
 * A discriminator of two halvings keeps maps of 12 x 12 for weak feature matching, whose gradient is what holds pose
 * and colours together: the reconstruction loss's is ten to thirty times weaker. It has three feature maps at two
 * scales and a quarter of the width, where the paper's has five at two scales. Its rate is low for the same reason: in
 * so short a game it is worth more as a fixed measure than as an opponent.
 */
export const tiny: Preset = {
  name: 'tiny',
  about: '48 pixels, narrow networks, a discriminator of 3 feature maps: minutes on a software adapter',
  imageSize: 48,
  batchSize: 4,
  steps: 1500,
  generator: { ...plain, width: 0.125, blocks: 2, latent: 128 },
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
 * For a GPU: two minutes on a large one. Its discriminator is there to play as well as to measure; it has three feature
 * maps at two scales and half the width, where the paper's has five at two scales.
 */
export const small: Preset = {
  name: 'small',
  about: '64 pixels, half-width networks, a discriminator of 3 feature maps: minutes on a GPU',
  imageSize: 64,
  batchSize: 16,
  steps: 8000,
  generator: { ...plain, width: 0.5, blocks: 4, latent: 128 },
  discriminator: { width: 0.5, layers: 2, scales: 2 },
  rates: { generator: 6e-4, discriminator: 1e-4, decay: true },
  identities: 100_000,
  level: 'L0',
  heldOut: 50,
  sampleEvery: 500,
  evaluateEvery: 1000,
  saveEvery: 2000,
};

/** The networks of the paper at the paper's size. */
export const published: Preset = {
  name: 'published',
  about: '224 pixels, the networks of the paper, a discriminator of 5 feature maps: days on a GPU',
  imageSize: 224,
  batchSize: 4,
  steps: 500_000,
  generator: { ...plain, width: 1, blocks: 9, latent: 512 },
  discriminator: { width: 1, layers: 4, scales: 2 },
  identities: 500_000,
  level: 'L2',
  heldOut: 50,
  sampleEvery: 1000,
  evaluateEvery: 10_000,
  saveEvery: 5000,
};

export const presets: readonly Preset[] = [tiny, small, published];

/** The preset that `visage start` takes on an adapter. */
export const presetFor = ({ software }: { readonly software: boolean }): Preset => (software ? tiny : small);
