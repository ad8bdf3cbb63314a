import { fileURLToPath } from 'node:url';
import { type Image, image, imageGrid } from '@visage/faces';
import { readPng } from '@visage/faces/node';
import { loadSafetensors } from '@visage/nn/node';
import { loadSwapper } from '@visage/simswap';
import { noGrad, tensor } from '@visage/tensor';
import { exampleFacesUrl } from '@visage/weights';
import { builtInWeights } from '../networks/builtIn.ts';

/**
 * Swaps two mesh heads with the swapper that comes with Visage: a picture of source, target, result and exact truth
 * side by side. The heads are pictures that come with it too, because to compile their renderer for a software adapter
 * takes longer than the swap.
 */
export async function shippedSwap(): Promise<Image> {
  const stacked = await readPng(fileURLToPath(exampleFacesUrl));
  const size = stacked.width;
  const each = size * size * 3;
  const faces = Array.from({ length: stacked.height / size }, (_, k) => stacked.data.slice(k * each, (k + 1) * each));
  const [source, target, truth] = faces as [Float32Array, Float32Array, Float32Array];
  const swapper = loadSwapper(await loadSafetensors(builtInWeights('heads-swapper')), {
    identity: await loadSafetensors(builtInWeights('heads-identity')),
  });
  const batch = (face: Float32Array) => tensor(face, [1, size, size, 3]);
  const inputs = [batch(target), batch(source)] as const;
  const swapped = noGrad(() => swapper.swapImages(...inputs));
  const result = await swapped.floats();
  for (const owned of [...inputs, swapped, swapper]) owned.dispose();
  const shown = [source, target, result, truth].map((face) => image(size, size, face));
  return imageGrid(shown, { columns: 4, columnLabels: ['source', 'target', 'result', 'exact truth'], scale: 2 });
}
