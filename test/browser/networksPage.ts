/** @file What runs inside the browser: the networks of photographs, with weights that lie beside the page. */
import { openGpu, useGpu } from '@visage/gpu';
import { type FaceNetworks, fetchWeights, loadFaceNetworks } from '@visage/photos';
import { type Outputs, outputsOf } from '../photos/madeUp.ts';

const plain = (outputs: Outputs) => Object.entries(outputs).map(([name, values]) => [name, [...values]] as const);

let networks: Promise<FaceNetworks> | undefined;

/** A network's outputs, as lists that leave the page. */
async function outputs(network: keyof typeof outputsOf) {
  networks ??= (async () => {
    useGpu(await openGpu(navigator.gpu, { profile: 'browser' }));
    return loadFaceNetworks(fetchWeights('/weights'));
  })();
  const { eager, replayed } = await outputsOf[network](await networks);
  return { eager: plain(eager), replayed: plain(replayed) };
}

/** The message with which weights that are not beside the page fail. */
const missing = (): Promise<string> =>
  loadFaceNetworks(fetchWeights('/elsewhere/'))
    .mesh()
    .then(
      () => 'loaded',
      (error: Error) => error.message,
    );

const checks = { outputs, missing };

declare global {
  var visageNetworks: typeof checks;
}
globalThis.visageNetworks = checks;
