import type { Face } from '../core/face.ts';
import type { Picture } from '../core/picture.ts';
import type { GpuPicture } from '../warp/gpuPicture.ts';

/** What finds and describes faces for a set: a `FaceFinder`. */
export interface FaceSource {
  /** The number of pictures that it is best asked about at once. */
  readonly batch: number;
  /** The faces of each picture, from left to right; those of fewer than `smallest` pixels need not be found. */
  findAll(
    pictures: readonly (Picture | GpuPicture)[],
    options: { readonly smallest: number },
  ): Promise<readonly (readonly Face[])[]>;
  /** 128 numbers for each face of each picture, near each other for faces of one person. */
  describeAll(
    pictures: readonly (Picture | GpuPicture)[],
    faces: readonly (readonly Pick<Face, 'points'>[])[],
  ): Promise<readonly (readonly Float32Array[])[]>;
}
