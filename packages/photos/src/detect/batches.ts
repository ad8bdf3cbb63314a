import { concat, reshape, scope, type Tensor, zeros } from '@visage/tensor';
import type { Similarity } from '../core/geometry.ts';
import type { Picture } from '../core/picture.ts';
import type { Results } from '../networks/frozenNetwork.ts';
import { type CropOptions, cropPictures } from '../warp/crop.ts';
import type { GpuPicture } from '../warp/gpuPicture.ts';
import { areStacked, cropStack } from '../warp/stack.ts';

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

/**
 * The crops of jobs [count, size, size, 3], black behind the last job: one launch if all show the same picture, or
 * pictures that `holdPictures` put into one buffer.
 */
export function cropsOf(
  jobs: readonly CropJob[],
  size: number,
  options: CropOptions = {},
  count = jobs.length,
): Tensor {
  const sources = jobs.map(({ source }) => source);
  const transforms = jobs.map(({ transform }) => transform);
  const first = sources[0] as Picture | GpuPicture;
  if (count === jobs.length && sources.every((source) => source === first))
    return cropPictures(first, transforms, size, options);
  if (areStacked(sources)) return cropStack(sources, transforms, size, count, options);
  const crops = jobs.map(({ source, transform }) => cropPictures(source, [transform], size, options));
  return concat(count > jobs.length ? [...crops, zeros([count - jobs.length, size, size, 3])] : crops, 0);
}

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
    const results = scope(() => network.run(cropsOf(batch, network.size, options, size)));
    return { jobs: batch.length, results };
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
