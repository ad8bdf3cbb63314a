/** @file Networks from the configurations that checkpoints carry: bounded, so that a hostile file cannot ask for the moon. */
import { JsonReader } from '../json.ts';
import { ArcFace } from './arcface.ts';
import type { GeneratorConfig } from './generator.ts';
import type { IdentityConfig, IdentityNetwork } from './identity.ts';
import { IResNet } from './iresnet.ts';
import type { DiscriminatorConfig } from './patchDiscriminator.ts';

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
  };
}

/** Checks the JSON of a {@link DiscriminatorConfig}. */
export function readDiscriminatorConfig(json: unknown): DiscriminatorConfig {
  const from = new JsonReader(json, 'discriminator');
  return {
    width: from.number('width', 0, WIDEST),
    layers: from.integer('layers', 1, 8),
    scales: from.integer('scales', 1, 4),
  };
}

/** Checks the JSON of an {@link IdentityConfig}. */
export function readIdentityConfig(json: unknown): IdentityConfig {
  const from = new JsonReader(json, 'identity');
  return {
    kind: from.choice('kind', ['arcface', 'iresnet']),
    layers: from.integers('layers', [4, 4], 1, 64) as [number, number, number, number],
    width: from.number('width', 0, WIDEST),
    embedding: from.integer('embedding', 1, LONGEST_VECTOR),
    inputSize: from.integer('inputSize', 16, 1024),
    squeeze: from.boolean('squeeze'),
  };
}

/** Builds the identity network that a configuration describes. */
export const buildIdentityNetwork = (config: IdentityConfig): IdentityNetwork =>
  config.kind === 'arcface' ? new ArcFace(config) : new IResNet(config);
