/**
 * @file The published networks whose PyTorch files can be imported: what is fixed about each, and what is read off the
 * file.
 */
import type { NetworkDescription, WeightFile } from '@visage/nn';
import { publishedArcFace } from '../networks/arcface.ts';
import type { PerStage } from '../networks/blocks.ts';
import type { GeneratorConfig } from '../networks/generator.ts';
import type { IdentityConfig } from '../networks/identity.ts';
import { publishedIResNet } from '../networks/iresnet.ts';
import { publishedDiscriminator } from '../networks/patchDiscriminator.ts';
import { type Pipeline, released224, released512, trained2022 } from '../swap/pipelines.ts';
import { fileArchitectures } from './networks.ts';

/** The entries of a file below the prefix of a network. */
export type Entries = WeightFile['tensors'];

/** A published network as an import target. */
export interface ImportKind {
  readonly name: string;
  readonly about: string;
  /** The network at the sizes that the entries have; at the published ones where they do not tell. */
  describe(entries: Entries): NetworkDescription;
  /** Where a generator belongs. */
  readonly pipeline?: Pipeline;
  /** Entries of the published file that this network does without. */
  readonly beyond?: RegExp;
}

/** Extent of an entry, or `otherwise` if there is no such entry. */
const extent = (entries: Entries, name: string, axis: number, otherwise: number): number =>
  entries.get(name)?.shape[axis] ?? otherwise;

/** How many blocks `prefix0.…`, `prefix1.…` there are. */
function count(entries: Entries, prefix: string): number {
  const names = [...entries.keys()].filter((name) => name.startsWith(prefix));
  const numbers = names.map((name) => Number.parseInt(name.slice(prefix.length), 10));
  return numbers.reduce((most, number) => Math.max(most, number + 1), 0);
}

const WIDEST_STAGE = 512; // channels of the deepest stage at width 1

function generator(name: string, pipeline: Pipeline): ImportKind {
  const describe = (entries: Entries): NetworkDescription => {
    const style = 'BottleNeck.0.style1.linear.weight';
    const config: GeneratorConfig = {
      ...pipeline.generator,
      width: extent(entries, 'BottleNeck.0.conv1.1.weight', 0, WIDEST_STAGE) / WIDEST_STAGE,
      blocks: Math.min(64, count(entries, 'BottleNeck.')) || pipeline.generator.blocks,
      latent: extent(entries, style, 1, pipeline.generator.latent),
      deep: pipeline.deepToo && entries.has('down4.0.weight'),
      skips: entries.has('skip1.weight'),
    };
    return { architecture: fileArchitectures.generator, config };
  };
  return { name, about: pipeline.about, describe, pipeline };
}

function identity(name: string, about: string, published: IdentityConfig, anyDepth: boolean): ImportKind {
  const describe = (entries: Entries): NetworkDescription => {
    const depth = (k: number) => Math.min(64, count(entries, `layer${k}.`));
    const layers: PerStage = [depth(1), depth(2), depth(3), depth(4)];
    const config: IdentityConfig = {
      ...published,
      layers: anyDepth && layers.every((n) => n > 0) ? layers : published.layers,
      width: extent(entries, 'bn2.weight', 0, WIDEST_STAGE) / WIDEST_STAGE,
      embedding: extent(entries, 'fc.weight', 0, published.embedding),
    };
    return { architecture: fileArchitectures.identity, config };
  };
  return { name, about, describe };
}

const patchDiscriminator: ImportKind = {
  name: 'patch-d',
  about: 'one scale of the PatchGAN discriminator',
  describe: (entries) => ({
    architecture: fileArchitectures.patchDiscriminator,
    config: {
      ...publishedDiscriminator,
      width: extent(entries, 'conv1.0.weight', 0, WIDEST_STAGE) / WIDEST_STAGE,
      scales: 1,
    },
  }),
};

const DEEPEST_FEATURES = 320;

const efficientNet: ImportKind = {
  name: 'efficientnet-lite0',
  about: 'the feature network of the projected discriminator',
  describe: (entries) => ({
    architecture: fileArchitectures.efficientNet,
    config: { width: extent(entries, 'blocks.6.0.conv_pwl.weight', 0, DEEPEST_FEATURES) / DEEPEST_FEATURES },
  }),
  beyond: /^(conv_head|bn2|classifier)\./,
};

/** The kinds of networks that can be imported. */
export const importKinds: readonly ImportKind[] = [
  generator('generator-224', released224),
  generator('generator-512', released512),
  generator('generator-train', trained2022),
  identity('arcface-se-ir', 'the identity network that SimSwap was trained with', publishedArcFace, true),
  identity('iresnet50', "InsightFace's IResNet of 50 layers", publishedIResNet(50), false),
  identity('iresnet100', "InsightFace's IResNet of 100 layers", publishedIResNet(100), false),
  patchDiscriminator,
  efficientNet,
];
