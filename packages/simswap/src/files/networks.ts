/**
 * @file Networks as weight files describe them, and their graphs, which list the entries that such a file must hold.
 * Nothing here needs a device.
 */

import { ArgumentError } from '@visage/gpu';
import type { NetworkDescription, OnnxGraph } from '@visage/nn';
import type { DiscriminatorConfig } from '../networks/patchDiscriminator.ts';
import {
  readDiscriminatorConfig,
  readEfficientNetConfig,
  readGeneratorConfig,
  readIdentityConfig,
} from '../networks/read.ts';
import { generatorArchitecture, identityArchitecture } from './checkpoint.ts';
import { efficientNetGraph } from './graphs/efficientNet.ts';
import { generatorGraph } from './graphs/generator.ts';
import { identityGraph } from './graphs/identity.ts';
import { patchGraph } from './graphs/patch.ts';

/** Names of the networks that have files of their own. */
export const fileArchitectures = {
  generator: generatorArchitecture,
  identity: identityArchitecture,
  patchDiscriminator: 'patch-discriminator',
  efficientNet: 'efficientnet-lite0',
} as const;

type Architecture = (typeof fileArchitectures)[keyof typeof fileArchitectures];

const GRAPHS: Readonly<Record<Architecture, (config: unknown) => OnnxGraph>> = {
  'simswap-generator': (config) => generatorGraph(readGeneratorConfig(config)),
  identity: (config) => identityGraph(readIdentityConfig(config)),
  'patch-discriminator': (config) => patchGraph(readPatchConfig(config)),
  'efficientnet-lite0': (config) => efficientNetGraph(readEfficientNetConfig(config)),
};

function readPatchConfig(json: unknown): DiscriminatorConfig {
  const config = readDiscriminatorConfig(json);
  if (config.kind === 'projected') throw new ArgumentError('configuration', 'discriminator.kind', 'projected', 'patch');
  return config;
}

/**
 * The graph of the network that a file describes; `undefined` if the architecture has none.
 *
 * @throws ArgumentError when the configuration is out of bounds.
 */
export function networkGraph({ architecture, config }: NetworkDescription): OnnxGraph | undefined {
  return Object.hasOwn(GRAPHS, architecture) ? GRAPHS[architecture as Architecture](config) : undefined;
}
