/**
 * @file Networks from the configurations in checkpoints. Every number is bounded, so that a hostile file cannot ask for
 * a network that fills the memory.
 */
import { JsonReader } from '../core/json.ts';
import { ArcFace } from './arcface.ts';
import type { PerStage } from './blocks.ts';
import type { DiscriminatorNetwork } from './discriminator.ts';
import type { EfficientNetConfig } from './efficientNet.ts';
import type { GeneratorConfig } from './generator.ts';
import type { IdentityConfig, IdentityNetwork } from './identity.ts';
import { IResNet } from './iresnet.ts';
import { Discriminator, type DiscriminatorConfig } from './patchDiscriminator.ts';
import { type ProjectedConfig, ProjectedDiscriminator } from './projectedDiscriminator.ts';

const WIDEST = 4;
const LONGEST_VECTOR = 4096;

/** Checks the JSON of a {@link GeneratorConfig}. */
export function readGeneratorConfig(json: unknown): GeneratorConfig {
  const from = new JsonReader(json, 'generator');
  return {
    width: from.number('width', 0, WIDEST),
    blocks: from.integer('blocks', 0, 64),
    latent: from.integer('latent', 1, LONGEST_VECTOR),
    head: from.choice('head', ['tanh', 'linear']),
    deep: from.boolean('deep'),
    halfWidthStem: from.boolean('halfWidthStem'),
    skips: from.boolean('skips', false), // files that are older than it have none
  };
}

/** The configuration of either discriminator. */
export type AnyDiscriminatorConfig = DiscriminatorConfig | ProjectedConfig;

/** Checks the JSON of an {@link AnyDiscriminatorConfig}; one that names no kind is a PatchGAN's. */
export function readDiscriminatorConfig(json: unknown): AnyDiscriminatorConfig {
  const from = new JsonReader(json, 'discriminator');
  const width = from.number('width', 0, WIDEST);
  if ((json as { kind?: unknown }).kind === undefined) return readPatchConfig(from, width);
  const kind = from.choice('kind', ['patch', 'projected']);
  if (kind === 'patch') return { kind, ...readPatchConfig(from, width) };
  return {
    kind,
    width,
    featureWidth: from.number('featureWidth', 0, WIDEST),
    inputSize: from.integer('inputSize', 0, 2048),
    featureStatistics: from.choice('featureStatistics', ['batch', 'running']),
  };
}

const readPatchConfig = (from: JsonReader, width: number): DiscriminatorConfig => ({
  width,
  layers: from.integer('layers', 1, 8),
  scales: from.integer('scales', 1, 4),
});

/** Checks the JSON of an {@link EfficientNetConfig}. */
export const readEfficientNetConfig = (json: unknown): EfficientNetConfig => ({
  width: new JsonReader(json, 'efficientnet-lite0').number('width', 0, WIDEST),
});

/** Builds the discriminator that a configuration describes. */
export const buildDiscriminator = (config: AnyDiscriminatorConfig): DiscriminatorNetwork =>
  config.kind === 'projected' ? new ProjectedDiscriminator(config) : new Discriminator(config);

/** Checks the JSON of an {@link IdentityConfig}. */
export function readIdentityConfig(json: unknown): IdentityConfig {
  const from = new JsonReader(json, 'identity');
  return {
    kind: from.choice('kind', ['arcface', 'iresnet']),
    layers: from.integers('layers', [4, 4], 1, 64) as unknown as PerStage,
    width: from.number('width', 0, WIDEST),
    embedding: from.integer('embedding', 1, LONGEST_VECTOR),
    inputSize: from.integer('inputSize', 16, 1024),
    squeeze: from.boolean('squeeze'),
  };
}

/** Builds the identity network that a configuration describes. */
export const buildIdentityNetwork = (config: IdentityConfig): IdentityNetwork =>
  config.kind === 'arcface' ? new ArcFace(config) : new IResNet(config);
