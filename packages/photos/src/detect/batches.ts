import { concat, reshape, scope, type Tensor, zeros } from '@visage/tensor';
import type { Similarity } from '../core/geometry.ts';
import type { Picture } from '../core/picture.ts';
import type { Results } from '../networks/frozenNetwork.ts';
import { type CropOptions, cropPictures } from '../warp/crop.ts';
import type { GpuPicture } from '../warp/gpuPicture.ts';

/** A network that reads square RGB pictures [N, size, size, 3] in [0, 1], such as a `ReplayedNetwork`. */
export interface CropNetwork<R> {
  readonly size: number;
  run(pictures: Tensor): R;
}

/** A square of a picture that a network is to read. */
export interface CropJob {
  readonly source: Picture | GpuPicture;
  readonly transform: Similarity;
}

/** How jobs are divided into launches of a network. */
export interface LaunchRule {
  /** Crops in a launch, a power of two. */
  readonly most: number;
  /** Is every launch of `most` crops, the last one filled up with black ones? */
  readonly filled: boolean;
}

/** A launch of a network: how many jobs it has, and what it computes. */
interface Launched<R> {
  readonly jobs: number;
  readonly results: R;
}

/** The crops of jobs [N, size, size, 3], one launch for neighbours of the same picture. */
export function cropsOf(jobs: readonly CropJob[], size: number, options: CropOptions = {}): Tensor {
  const crops: Tensor[] = [];
  for (let from = 0; from < jobs.length; ) {
    const { source } = jobs[from] as CropJob;
    let to = from;
    while (jobs[to]?.source === source) to++;
    const transforms = jobs.slice(from, to).map(({ transform }) => transform);
    crops.push(cropPictures(source, transforms, size, options));
    from = to;
  }
  return crops.length === 1 ? (crops[0] as Tensor) : concat(crops, 0);
}

/** Crops, and as many black ones as are lacking. */
const filledUp = (crops: Tensor, count: number): Tensor =>
  crops.dim(0) === count ? crops : concat([crops, zeros([count - crops.dim(0), ...crops.shape.slice(1)])], 0);

/** Crops in each launch: all `most`, or powers of two up to it so that few sizes are recorded. */
function launchSizes(count: number, { most, filled }: LaunchRule): number[] {
  if (filled) return Array.from({ length: Math.ceil(count / most) }, () => most);
  const sizes: number[] = [];
  for (let size = most, left = count; size >= 1; size /= 2) for (; left >= size; left -= size) sizes.push(size);
  return sizes;
}

/**
 * Runs a network on a crop for each job: the results of every launch, for its jobs in their order, as `read` makes them
 * of the tensors. All launches are submitted before the first is waited for, and the tensors are given back.
 */
export async function launchOnCrops<R extends Results<R>, T>(
  network: CropNetwork<R>,
  jobs: readonly CropJob[],
  rule: LaunchRule,
  options: CropOptions,
  read: (results: R) => Promise<readonly T[]>,
): Promise<T[]> {
  let at = 0;
  const launched = launchSizes(jobs.length, rule).map((size): Launched<R> => {
    const batch = jobs.slice(at, at + size);
    at += size;
    const crops = () => filledUp(cropsOf(batch, network.size, options), size);
    return { jobs: batch.length, results: scope(() => network.run(crops())) };
  });
  const rows = launched.map(async ({ jobs, results }) => {
    try {
      return (await read(results)).slice(0, jobs);
    } finally {
      for (const tensor of Object.values<Tensor>(results)) tensor.dispose();
    }
  });
  return (await Promise.all(rows)).flat();
}

/** Runs a network on a crop for each job: for each job the values of each result. A launch is read back at once. */
export const runOnCrops = <R extends Results<R>>(
  network: CropNetwork<R>,
  jobs: readonly CropJob[],
  rule: LaunchRule,
): Promise<Record<keyof R, Float32Array>[]> => launchOnCrops(network, jobs, rule, {}, readRows);

/** The values of each result for each picture of a batch, which are joined on the GPU and read in one copy. */
async function readRows<R extends Results<R>>(results: R): Promise<Record<keyof R, Float32Array>[]> {
  const entries = Object.entries<Tensor>(results);
  const flat = entries.map(([name, tensor]) => [name, tensor.size / tensor.dim(0), tensor] as const);
  const joined = scope(() =>
    concat(
      flat.map(([, length, tensor]) => reshape(tensor, [-1, length])),
      1,
    ),
  );
  const values = await joined.floats().finally(() => joined.dispose());
  const total = flat.reduce((sum, [, length]) => sum + length, 0);
  return Array.from({ length: values.length / total }, (_, k) => {
    let at = k * total;
    const row = flat.map(([name, length]) => {
      at += length;
      return [name, values.subarray(at - length, at)] as const;
    });
    return Object.fromEntries(row) as Record<keyof R, Float32Array>;
  });
}
