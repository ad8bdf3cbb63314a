/** @file A new run that begins with trained weights: a generator, and what else lies in the file. */
import { VisageError } from '@visage/gpu';
import { buildFor, loadModule, networkDescription, ofFile, type SafetensorsFile } from '@visage/nn';
import { loadSafetensors } from '@visage/nn/node';
import {
  type AnyDiscriminatorConfig,
  buildIdentityNetwork,
  type DiscriminatorNetwork,
  type Generator,
  type GeneratorConfig,
  type IdentityNetwork,
  type Recipe,
  readCheckpointHeader,
  readGeneratorConfig,
  simswapArchitecture,
  swapPipeline,
} from '@visage/simswap';

/** The weights that a run begins with. */
export interface StartingWeights {
  readonly generator: GeneratorConfig;
  /** Of a checkpoint. */
  readonly discriminator?: AnyDiscriminatorConfig;
  /** The identity network of a checkpoint, frozen. */
  identity?(): IdentityNetwork;
  /**
   * Copies the weights into networks of these sizes; a discriminator of another size keeps its initial ones, and so do
   * skip connections that the generator of the file does not have.
   */
  load(networks: { readonly generator: Generator; readonly discriminator: DiscriminatorNetwork }): void;
}

/**
 * Opens a checkpoint of `visage train`, whose moving average, discriminator and identity network a new run begins with,
 * or a file with a generator alone.
 *
 * @throws VisageError when the file holds neither.
 */
export async function startingWeights(path: string): Promise<StartingWeights> {
  const file = await loadSafetensors(path);
  return networkDescription(file)?.architecture === simswapArchitecture ? ofCheckpoint(file) : ofGenerator(file);
}

function ofCheckpoint(file: SafetensorsFile): StartingWeights {
  const { generator, discriminator, identity } = readCheckpointHeader(file).networks;
  return {
    generator,
    discriminator,
    identity() {
      const network = buildFor(file, () => buildIdentityNetwork(identity));
      loadModule(network, file, { prefix: 'identity/' });
      network.freeze().eval();
      return network;
    },
    load(networks) {
      loadModule(networks.generator, file, { prefix: 'average/', optional: newParts(generator) });
      if (JSON.stringify(networks.discriminator.config) === JSON.stringify(discriminator))
        loadModule(networks.discriminator, file, { prefix: 'discriminator/' });
    },
  };
}

function ofGenerator(file: SafetensorsFile): StartingWeights {
  swapPipeline(file); // throws for what is no generator
  const generator = ofFile(file, () => readGeneratorConfig(networkDescription(file)?.config));
  return { generator, load: (networks) => loadModule(networks.generator, file, { optional: newParts(generator) }) };
}

/** What a generator may have that the weights of a file of this configuration lack. */
const newParts = ({ skips }: GeneratorConfig): readonly string[] => (skips ? [] : ['skip']);

/**
 * The configuration of a generator that begins with trained weights. Skip connections may be new, and do nothing at
 * first.
 *
 * @throws VisageError unless the weights fit the recipe and the identity network of a run.
 */
export function continuedGenerator(
  path: string,
  { generator }: StartingWeights,
  { head, skips }: Pick<Recipe, 'head' | 'skips'>,
  latent: number,
): GeneratorConfig {
  const refuse = (what: string): never => {
    throw new VisageError(`${path}: its generator ${what}`);
  };
  if (generator.head !== head) refuse(`ends in ${generator.head}, the recipe asks for ${head}; choose another recipe`);
  if (generator.skips && !skips) refuse('has skip connections, the recipe asks for none; add --set skips=true');
  if (generator.latent !== latent)
    refuse(
      `takes latents of ${generator.latent}, the identity network makes ${latent}; name the one that it was trained with`,
    );
  return { ...generator, skips };
}
