/** @file What a SimSwap checkpoint says of itself, and the networks that are built from it. The tensors are the trainer's business. */
import { buildFor, checkpointState, FileError, loadModule, networkDescription, type SafetensorsFile } from '@visage/nn';
import { JsonReader } from './json.ts';
import { Generator, type GeneratorConfig } from './networks/generator.ts';
import type { IdentityConfig, IdentityNetwork } from './networks/identity.ts';
import {
  type AnyDiscriminatorConfig,
  buildIdentityNetwork,
  readDiscriminatorConfig,
  readGeneratorConfig,
  readIdentityConfig,
} from './networks/read.ts';
import { type Recipe, readRecipe } from './recipe.ts';
import { Swapper } from './swapper.ts';

/** The name under which checkpoints go. */
export const simswapArchitecture = 'simswap';

/** Sizes of the three networks. */
export interface NetworkConfigs {
  readonly generator: GeneratorConfig;
  readonly discriminator: AnyDiscriminatorConfig;
  readonly identity: IdentityConfig;
}

/** Everything in a checkpoint but its tensors. */
export interface CheckpointHeader {
  readonly networks: NetworkConfigs;
  readonly recipe: Recipe;
  /** Steps done. */
  readonly step: number;
  readonly seed: number;
  readonly batchSize: number;
  readonly imageSize: number;
  /** What the program that trained put beside it, for instance where the images come from. Not checked. */
  readonly notes: unknown;
}

/**
 * Reads and checks what a checkpoint says of itself.
 *
 * @throws FileError when the file is no SimSwap checkpoint, ArgumentError when a number in it is out of bounds.
 */
export function readCheckpointHeader(file: SafetensorsFile): CheckpointHeader {
  const description = networkDescription(file);
  if (description?.architecture !== simswapArchitecture) {
    throw new FileError(
      file.source,
      `is no SimSwap checkpoint: it names '${description?.architecture ?? 'no architecture'}'`,
    );
  }
  const json = checkpointState(file);
  const state = new JsonReader(json, 'state');
  const config = description.config as Record<string, unknown> | null | undefined;
  return {
    networks: {
      generator: readGeneratorConfig(config?.generator),
      discriminator: readDiscriminatorConfig(config?.discriminator),
      identity: readIdentityConfig(config?.identity),
    },
    recipe: readRecipe((json as Record<string, unknown>).recipe),
    step: state.integer('step', 0, Number.MAX_SAFE_INTEGER),
    seed: state.integer('seed', 0, 2 ** 32 - 1),
    batchSize: state.integer('batchSize', 1, 4096),
    imageSize: state.integer('imageSize', 16, 4096),
    notes: (json as Record<string, unknown>).notes,
  };
}

/**
 * Builds a swapper from a checkpoint: the moving average of the generator and the identity network that it was trained with.
 *
 * @throws FileError when the tensors of the file are not those of the networks that it names.
 */
export function loadSwapper(file: SafetensorsFile): Swapper {
  const { networks, recipe } = readCheckpointHeader(file);
  const [generator, identity] = buildFor(file, () => [
    new Generator(networks.generator),
    buildIdentityNetwork(networks.identity),
  ]) as [Generator, IdentityNetwork];
  loadModule(generator, file, { prefix: 'average/' });
  loadModule(identity, file, { prefix: 'identity/' });
  return new Swapper({
    generator: generator.freeze(),
    identity: identity.freeze(),
    identityResize: recipe.identityResize,
  });
}
