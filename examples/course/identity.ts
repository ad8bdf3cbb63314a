/** @file The identity network that comes with Visage, in Node and in a browser. */
import { buildFor, loadModule, networkDescription, readSafetensors } from '@visage/nn';
import { buildIdentityNetwork, type IdentityNetwork, readIdentityConfig } from '@visage/simswap';
import { weightsUrl } from '@visage/weights';

/** The bytes at a URL. Node's `fetch` reads no files. */
async function bytesAt(url: URL): Promise<Uint8Array> {
  if (url.protocol === 'file:') {
    const files = 'node:fs/promises'; // a variable: bundlers for browsers do not follow it
    return (await import(files)).readFile(url);
  }
  const response = await fetch(url);
  if (!response.ok)
    throw new Error(`${url}: answered ${response.status}; expected the weights of the identity network`);
  return new Uint8Array(await response.arrayBuffer());
}

/** The network, frozen and in evaluation mode. */
export async function builtInIdentity(): Promise<IdentityNetwork> {
  const file = readSafetensors(await bytesAt(weightsUrl('identity')), 'identity.safetensors');
  const network = buildFor(file, () => buildIdentityNetwork(readIdentityConfig(networkDescription(file)?.config)));
  loadModule(network, file);
  network.freeze().eval();
  return network;
}
