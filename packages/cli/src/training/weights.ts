import { fileURLToPath } from 'node:url';
import { VisageError } from '@visage/gpu';
import { buildFor, loadModule, networkDescription } from '@visage/nn';
import { loadSafetensors } from '@visage/nn/node';
import { buildIdentityNetwork, type IdentityNetwork, readIdentityConfig } from '@visage/simswap';

/**
 * Weights that come with Visage, trained on procedural faces by example 03: `identity` guides the training of swappers, `judge` has another
 * architecture and other people behind it and only measures.
 */
export const builtInWeights = (which: 'identity' | 'judge'): string =>
  fileURLToPath(new URL(`../weights/${which}.safetensors`, import.meta.url));

/**
 * Reads an identity network, frozen and in evaluation mode.
 *
 * @throws VisageError when the file holds something else.
 */
export async function loadIdentityNetwork(path: string): Promise<IdentityNetwork> {
  const file = await loadSafetensors(path);
  const description = networkDescription(file);
  if (description?.architecture !== 'identity') {
    const got = description?.architecture ?? 'no architecture';
    throw new VisageError(
      `${path}: names '${got}', expected the weights of an identity network, as example 03 writes them`,
    );
  }
  const config = readIdentityConfig(description.config);
  const network = buildFor(file, () => buildIdentityNetwork(config));
  loadModule(network, file);
  network.freeze().eval();
  return network;
}
