import type { Face } from '../core/face.ts';
import type { Picture } from '../core/picture.ts';
import type { GpuPicture } from '../warp/gpuPicture.ts';

/** What finds and describes faces for a set: a `FaceFinder`. */
export interface FaceSource {
  /** The faces of a picture, from left to right. */
  find(picture: Picture | GpuPicture): Promise<readonly Face[]>;
  /** 128 numbers for each face, near each other for faces of one person. */
  describe(picture: Picture | GpuPicture, faces: readonly Pick<Face, 'points'>[]): Promise<readonly Float32Array[]>;
}
