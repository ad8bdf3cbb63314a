/**
 * @file The metadata of SimSwap checkpoints, and swappers that are built from files. The trainer reads and writes the
 * tensors.
 */
import { checkOptions, type OptionKeys } from '@visage/gpu';
import {
  buildFor,
  checkpointState,
  FileError,
  loadModule,
  networkDescription,
  ofFile,
  type SafetensorsFile,
} from '@visage/nn';
import { JsonReader } from '../core/json.ts';
import { type Precision, precisions } from '../core/precision.ts';
import { readRecipe } from '../core/readRecipe.ts';
import type { Recipe } from '../core/recipe.ts';
import { Generator, type GeneratorConfig } from '../networks/generator.ts';
import type { IdentityConfig, IdentityNetwork } from '../networks/identity.ts';
import {
  type AnyDiscriminatorConfig,
  buildIdentityNetwork,
  readDiscriminatorConfig,
  readGeneratorConfig,
  readIdentityConfig,
} from '../networks/read.ts';
import { checkPipeline, type Pipeline, type PipelineName, pipelineOf } from '../swap/pipelines.ts';
import { Swapper } from '../swap/swapper.ts';

/** The architecture that the metadata of a checkpoint names. */
export const simswapArchitecture = 'simswap';

/** The architectures that the metadata of a file of a single network names. */
export const generatorArchitecture = 'simswap-generator';
export const identityArchitecture = 'identity';

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
  /** Pairs per step of each device. */
  readonly batchSize: number;
  /** How many devices trained together. */
  readonly ranks: number;
  /** Steps between two exchanges. */
  readonly syncEvery: number;
  readonly imageSize: number;
  readonly precision: Precision;
  /** JSON of the program that trained, for instance where the images come from. Not checked. */
  readonly notes: unknown;
}

/**
 * Reads and checks the metadata of a checkpoint.
 *
 * @throws FileError when the file is no SimSwap checkpoint, or a number in it is out of bounds.
 */
export function readCheckpointHeader(file: SafetensorsFile): CheckpointHeader {
  const description = networkDescription(file);
  if (description?.architecture !== simswapArchitecture) {
    throw new FileError(
      file.source,
      `is no SimSwap checkpoint: it names '${description?.architecture ?? 'no architecture'}'`,
    );
  }
  const { config } = description;
  const json = checkpointState(file);
  return ofFile(file, () => headerOf(config as Record<string, unknown> | null | undefined, json));
}

function headerOf(config: Record<string, unknown> | null | undefined, json: unknown): CheckpointHeader {
  const state = new JsonReader(json, 'state');
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
    // Older checkpoints are of one device.
    ranks: 'ranks' in (json as object) ? state.integer('ranks', 1, 65_536) : 1,
    syncEvery: 'syncEvery' in (json as object) ? state.integer('syncEvery', 1, 2 ** 31) : 1,
    imageSize: state.integer('imageSize', 16, 4096),
    // Older checkpoints name no precision: they were trained in f32.
    precision: 'precision' in (json as object) ? state.choice('precision', precisions) : 'f32',
    notes: (json as Record<string, unknown>).notes,
  };
}

/** What {@link loadSwapper} needs besides a file with an imported generator. */
export interface LoadSwapperOptions {
  /** The identity network's weight file; a training checkpoint carries its own. */
  readonly identity?: SafetensorsFile;
  /** The pipeline that the caller is about to run; a file that belongs to another is refused. */
  readonly pipeline?: PipelineName;
  /** Default `f32`. */
  readonly precision?: Precision;
}

const SWAPPER_OPTIONS: OptionKeys<LoadSwapperOptions> = { identity: true, pipeline: true, precision: true };

/**
 * The pipeline of a published generator, and `undefined` for a training checkpoint, whose recipe says everything.
 *
 * @throws FileError when the file is neither, or says nothing of its pipeline.
 */
export function swapPipeline(file: SafetensorsFile): Pipeline | undefined {
  const architecture = networkDescription(file)?.architecture;
  if (architecture !== generatorArchitecture) {
    if (architecture === simswapArchitecture) return undefined;
    throw new FileError(
      file.source,
      `is no SimSwap checkpoint and no generator: it names '${architecture ?? 'no architecture'}'`,
    );
  }
  const { pipeline } = file.metadata;
  if (pipeline === undefined) {
    const problem = 'is no SimSwap checkpoint but a generator, and says nothing of its pipeline';
    throw new FileError(file.source, `${problem}; import it again (\`importNetwork\` as generator-224, …)`);
  }
  return ofFile(file, () => pipelineOf(pipeline));
}

/** Side of the faces on which the generator of a file was trained. */
export function swapImageSize(file: SafetensorsFile): number {
  const pipeline = swapPipeline(file);
  return pipeline
    ? pipeline.imageSize(ofFile(file, () => readGeneratorConfig(networkDescription(file)?.config)))
    : readCheckpointHeader(file).imageSize;
}

/**
 * Builds a swapper: from a training checkpoint, the moving average of the generator and the identity network that it
 * was trained with; from an imported generator, that and the identity network of `options.identity`, in the pipeline
 * that the file names.
 *
 * @throws FileError when the tensors of a file are not those of the networks that it names, or the file belongs to
 * another pipeline than the one asked for.
 */
export function loadSwapper(file: SafetensorsFile, options: LoadSwapperOptions = {}): Swapper {
  checkOptions('loadSwapper', options, SWAPPER_OPTIONS);
  const pipeline = swapPipeline(file);
  if (options.pipeline !== undefined && options.pipeline !== pipeline?.name) {
    const asked = pipelineOf(options.pipeline);
    const own = pipeline
      ? `belongs to the pipeline ${pipeline.name} (${pipeline.about})`
      : 'is a training checkpoint, whose recipe decides how it is run';
    throw new FileError(file.source, `${own}; it cannot be run as ${asked.name} (${asked.about})`);
  }
  return pipeline ? importedSwapper(file, pipeline, options) : trainedSwapper(file, options);
}

function trainedSwapper(file: SafetensorsFile, { identity: other, precision }: LoadSwapperOptions): Swapper {
  if (other) throw new FileError(file.source, 'carries the identity network that it was trained with; name no other');
  const { networks, recipe } = readCheckpointHeader(file);
  const [generator, identity] = buildFor(file, () => [
    new Generator(networks.generator),
    buildIdentityNetwork(networks.identity),
  ]) as [Generator, IdentityNetwork];
  loadModule(generator, file, { prefix: 'average/' });
  loadModule(identity, file, { prefix: 'identity/' });
  return new Swapper({
    generator: generator.freeze().eval(),
    identity: identity.freeze().eval(),
    identityResize: recipe.identityResize,
    precision,
  });
}

function importedSwapper(
  file: SafetensorsFile,
  pipeline: Pipeline,
  { identity: identityFile, precision }: LoadSwapperOptions,
): Swapper {
  if (!identityFile) {
    const needed = 'a generator alone; swapping needs the weights of its identity network too';
    throw new FileError(file.source, `holds ${needed} (\`identity\`, from \`importNetwork\` as arcface-se-ir)`);
  }
  const config = ofFile(file, () => readGeneratorConfig(networkDescription(file)?.config));
  const described = networkDescription(identityFile);
  if (described?.architecture !== identityArchitecture) {
    const got = described?.architecture ?? 'no architecture';
    throw new FileError(identityFile.source, `names '${got}', expected the weights of an identity network`);
  }
  const identityConfig = ofFile(identityFile, () => readIdentityConfig(described.config));
  ofFile(file, () => checkPipeline(pipeline, config, identityConfig));
  const generator = buildFor(file, () => new Generator(config));
  const identity = buildFor(identityFile, () => buildIdentityNetwork(identityConfig));
  loadModule(generator, file);
  loadModule(identity, identityFile);
  for (const network of [generator, identity]) network.freeze().eval();
  return new Swapper({ generator, identity, pipeline, precision });
}
