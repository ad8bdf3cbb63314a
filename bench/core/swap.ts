import type { Gpu } from '@visage/gpu';
import { HostRandom } from '@visage/nn';
import { Swapper } from '@visage/simswap';
import { keep, l2Normalize, scope, tensor } from '@visage/tensor';
import { checkHealth, magnitudes } from './health.ts';
import { generatorOf, identityOf } from './models.ts';
import { type NetworkRow, type NetworkSetting, wallClock } from './networks.ts';

/** Times `Swapper.swap` as users call it: targets and one identity for each on the device, the swapped images too. */
export async function timeSwap(
  gpu: Gpu,
  { batch, precision, sizes }: Omit<NetworkSetting, 'pass'>,
  repeat: number,
): Promise<NetworkRow> {
  const { size } = sizes;
  const swapper = new Swapper({ generator: generatorOf(sizes), identity: identityOf(sizes), precision });
  const random = new HostRandom(1);
  const target = keep(tensor(random.uniform(batch * size * size * 3), [batch, size, size, 3]));
  const latent = keep(scope(() => l2Normalize(tensor(random.normal(batch * 512), [batch, 512]))));
  const networks = gpu.memory.live;
  const swap = () => scope(() => void swapper.swap(target, latent));
  try {
    swap(); // compiles and records
    const memoryMiB = (gpu.memory.live - networks) / 2 ** 20;
    const result = swapper.swap(target, latent);
    const [magnitude] = (await magnitudes([result])) as [number];
    result.dispose();
    checkHealth(`swap ${precision}`, { result: magnitude });
    const wallMs = await wallClock(gpu, repeat, swap);
    // One swap after another with a single wait at the end, as for a video.
    const together = await wallClock(gpu, repeat, () => {
      for (let k = 0; k < repeat; k++) swap();
    });
    const deviceMs = together / repeat;
    const rate = { deviceMs, wallMs, imagesPerSecond: (1000 * batch) / deviceMs };
    const { dispatches } = swapper.recorded(target);
    return { network: 'swap', pass: 'forward', precision, batch, dispatches, ...rate, memoryMiB };
  } finally {
    swapper.dispose();
    for (const each of [target, latent]) each.dispose();
    gpu.trim();
  }
}
