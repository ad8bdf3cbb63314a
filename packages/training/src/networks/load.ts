import { isHeadLevel, type Level } from '@visage/faces';
import { loadHeads } from '@visage/faces/node';
import { VisageError } from '@visage/gpu';
import { buildFor, type Layer, loadModule, networkDescription, ofFile } from '@visage/nn';
import { loadSafetensors } from '@visage/nn/node';
import {
  buildIdentityNetwork,
  type EfficientNetLite,
  type IdentityNetwork,
  ParsingNetwork,
  parsingArchitecture,
  readEfficientNetConfig,
  readIdentityConfig,
  readParsingConfig,
} from '@visage/simswap';

/**
 * Reads an identity network, frozen and in evaluation mode.
 *
 * @throws VisageError when the file holds something else.
 */
export const loadIdentityNetwork = (path: string): Promise<IdentityNetwork> =>
  loadFrozen(path, {
    architecture: 'identity',
    expected: 'the weights of an identity network, as `visage train identity` writes them',
    readSizes: readIdentityConfig,
    build: buildIdentityNetwork,
  });

/**
 * Reads a parsing network, frozen and in evaluation mode.
 *
 * @throws VisageError when the file holds something else.
 */
export const loadParsingNetwork = (path: string): Promise<ParsingNetwork> =>
  loadFrozen(path, {
    architecture: parsingArchitecture,
    expected: 'the weights of `visage train parsing`',
    readSizes: readParsingConfig,
    build: (sizes) => new ParsingNetwork(sizes),
  });

/** A kind of network: what a file of one names, what is said where it does not, and how it is built from its sizes. */
interface NetworkKind<S, N extends Layer> {
  readonly architecture: string;
  readonly expected: string;
  readSizes(json: unknown): S;
  build(sizes: S): N;
}

async function loadFrozen<S, N extends Layer>(
  path: string,
  { architecture, expected, readSizes, build }: NetworkKind<S, N>,
): Promise<N> {
  const file = await loadSafetensors(path);
  const description = networkDescription(file);
  if (description?.architecture !== architecture)
    throw new VisageError(`${path}: names '${description?.architecture ?? 'no architecture'}', expected ${expected}`);
  const sizes = ofFile(file, () => readSizes(description.config));
  const network = buildFor(file, () => build(sizes));
  loadModule(network, file);
  network.freeze().eval();
  return network;
}

/** Loads what the renderers of these levels need: the asset of mesh heads, if any of them shows mesh heads. */
export async function loadFaces(levels: readonly Level[]): Promise<void> {
  if (levels.some(isHeadLevel)) await loadHeads();
}

/** The result of {@link loadFeatureNetwork}. */
export interface FeatureNetworkFile {
  /** Width of the network in the file. */
  readonly width: number;
  /** Copies the weights into a network of that width; the weights of a classifier head are ignored. */
  load(network: EfficientNetLite): void;
}

/**
 * Opens the weights of an EfficientNet-lite0, with or without its classifier.
 *
 * @throws VisageError when the file holds something else.
 */
export async function loadFeatureNetwork(path: string): Promise<FeatureNetworkFile> {
  const file = await loadSafetensors(path);
  const description = networkDescription(file);
  if (description?.architecture !== 'efficientnet-lite0') {
    const got = description?.architecture ?? 'no architecture';
    throw new VisageError(
      `${path}: names '${got}', expected the weights of an EfficientNet-lite0, as example 10 writes them`,
    );
  }
  const { width } = ofFile(file, () => readEfficientNetConfig(description.config));
  return { width, load: (network) => loadModule(network, file, { unexpected: 'ignore' }) };
}
