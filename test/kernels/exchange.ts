/** @file The kernels that exchange numbers between ranks, for the test that compiles every kernel. */
import type { Gpu } from '@visage/gpu';
import { tensor, zeros } from '@visage/tensor';
import {
  averageGathered,
  averagePart,
  packBucket,
  packWhole,
  unpackBucket,
} from '../../packages/distributed/src/exchange/kernels.ts';

/** Both ways of a bucket, and both forms in which numbers travel between ranks. */
export function launchExchange(gpu: Gpu): void {
  const words = () => tensor(new Uint32Array(512)).buffer;
  const [numbers, sent, received, others, mean] = [zeros([512]).buffer, words(), words(), words(), words()];
  for (const half of [false, true]) {
    const shape = { rank: 1, ranks: 3, bytes: 1024, half };
    packBucket(gpu, shape, numbers, sent);
    averagePart(gpu, shape, received, sent, mean);
    unpackBucket(gpu, shape, others, mean, numbers);
    packWhole(gpu, { ...shape, ranks: 2 }, numbers, sent);
    averageGathered(gpu, { ...shape, ranks: 2 }, received, sent, numbers);
  }
}
