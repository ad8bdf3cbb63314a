/**
 * @file From any picture or film to aligned faces and back. The rooms in import order:
 *
 * - `core/`: pictures, geometry and faces, as plain data.
 * - `people/`: whose face it is, how it is turned, how sharp it is, and whether it was seen before.
 */
export { eyeDistance, type Face, type FivePoints, fivePointsOf, type HeadPose, MESH_POINTS } from './core/face.ts';
export {
  type Box,
  composed,
  cropOf,
  fitSimilarity,
  inverted,
  type Point,
  type Similarity,
  scaleOf,
  transformed,
} from './core/geometry.ts';
export { PIXEL_BYTES, type Picture, picture } from './core/picture.ts';
export { assignOneToOne } from './people/assign.ts';
export { clusterDescriptors } from './people/clusters.ts';
export { descriptorDistance, meanDescriptor, samePerson } from './people/descriptors.ts';
export { type GreyPicture, greyOf, greyOfCrop, resizedGrey } from './people/grey.ts';
export { hashDistance, perceptualHash } from './people/hash.ts';
export { poseOfMesh } from './people/pose.ts';
export { sharpness } from './people/sharpness.ts';
