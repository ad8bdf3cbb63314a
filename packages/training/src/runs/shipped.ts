import { fileURLToPath } from 'node:url';
import { type Image, image } from '@visage/faces';
import { readPng } from '@visage/faces/node';
import { loadSafetensors } from '@visage/nn/node';
import { loadSwapper } from '@visage/simswap';
import { noGrad, tensor } from '@visage/tensor';
import { exampleFacesUrl } from '@visage/weights';
import { builtInWeights } from '../networks/builtIn.ts';
import type { SwapShown } from './pictureOfSwap.ts';

/**
 * Swaps two mesh heads with the swapper that comes with Visage. The heads are pictures that come with it too, because
 * to compile their renderer for a software adapter takes longer than the swap.
 */
export async function shippedSwap(): Promise<Required<SwapShown>> {
  const stacked = await readPng(fileURLToPath(exampleFacesUrl));
  const size = stacked.width;
  const each = size * size * 3;
  const face = (k: number) => image(size, size, stacked.data.slice(k * each, (k + 1) * each));
  const [source, target, truth] = [face(0), face(1), face(2)];
  const swapper = loadSwapper(await loadSafetensors(builtInWeights('heads-swapper')), {
    identity: await loadSafetensors(builtInWeights('heads-identity')),
  });
  const batch = ({ data }: Image) => tensor(data, [1, size, size, 3]);
  const inputs = [batch(target), batch(source)] as const;
  const swapped = noGrad(() => swapper.swapImages(...inputs));
  const result = image(size, size, await swapped.floats());
  for (const owned of [...inputs, swapped, swapper]) owned.dispose();
  return { source, target, result, truth };
}
