import { reshape, type Tensor } from '@visage/tensor';
import { MESH_POINTS } from '../core/face.ts';
import { GraphNetwork } from './graphNetwork.ts';

/** What the face mesh says of crops. */
export interface Meshes {
  /** [N, 468, 3]: x and y in pixels of the crop, z in the same unit towards the background. */
  readonly mesh: Tensor;
  /** [N]: how sure it is that the crop shows a face, 0 to 1. */
  readonly flag: Tensor;
}

/**
 * MediaPipe's face mesh: 468 points of a face that fills two thirds of a crop of 192 pixels. Kartynnik et al.,
 * Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs, 2019 (arXiv 1907.06724).
 *
 * Blocks of a depthwise 3x3 and a 1x1 convolution with a skip and a PReLU shrink the crop to 6², where it parts into
 * three branches: points, flag, and contours of eyes and lips, which nothing here needs.
 */
export class FaceMeshNetwork extends GraphNetwork<Meshes> {
  readonly size = 192;

  protected compute(pictures: Tensor): Meshes {
    const [mesh, flag] = this.outputs(pictures, ['Identity_2', 'Identity_1']) as [Tensor, Tensor];
    const batch = pictures.dim(0);
    return { mesh: reshape(mesh, [batch, MESH_POINTS, 3]), flag: reshape(flag, [batch]) };
  }
}
