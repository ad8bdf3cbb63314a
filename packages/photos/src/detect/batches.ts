import { concat, scope, type Tensor } from '@visage/tensor';
import type { Similarity } from '../core/geometry.ts';
import type { Picture } from '../core/picture.ts';
import type { Results } from '../networks/frozenNetwork.ts';
import type { PictureResults } from '../networks/packed.ts';
import { type CropOptions, cropPictures } from '../warp/crop.ts';
import type { GpuPicture } from '../warp/gpuPicture.ts';

/** A network that reads square RGB pictures [N, size, size, 3] in [0, 1], such as a `ReplayedNetwork`. */
export interface CropNetwork<R> {
  readonly size: number;
  /** For each picture the numbers of each result. All launches are submitted when the call returns. */
  read(pictures: Tensor): Promise<PictureResults<R>[]>;
}

/** A square of a picture that a network is to read. */
export interface CropJob {
  readonly source: Picture | GpuPicture;
  readonly transform: Similarity;
}

/** The crops of jobs [N, size, size, 3], one launch for neighbours of the same picture. */
function cropsOf(jobs: readonly CropJob[], size: number, options: CropOptions): Tensor {
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

/** Numbers of jobs in launches: powers of two up to `most`, so that few sizes are recorded. */
function launchSizes(count: number, most: number): number[] {
  const sizes: number[] = [];
  for (let size = most; size >= 1; size /= 2) for (; count >= size; count -= size) sizes.push(size);
  return sizes;
}

/**
 * Runs a network on a crop for each job, and reads its results back: for each job the values of each result. All
 * launches are submitted before the first is read.
 *
 * @param most crops in a launch, a power of two.
 */
export async function runOnCrops<R extends Results<R>>(
  network: CropNetwork<R>,
  jobs: readonly CropJob[],
  most: number,
  options: CropOptions = {},
): Promise<PictureResults<R>[]> {
  let at = 0;
  const read = launchSizes(jobs.length, most).map((size) => {
    const batch = jobs.slice(at, at + size);
    at += size;
    const crops = scope(() => cropsOf(batch, network.size, options));
    const results = network.read(crops);
    crops.dispose();
    return results;
  });
  return (await Promise.all(read)).flat();
}
