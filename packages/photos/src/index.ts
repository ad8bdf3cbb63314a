/**
 * @file From any picture or film to aligned faces and back. The rooms in import order:
 *
 * - `core/`: pictures, geometry and faces, as plain data.
 * - `warp/`: pictures on the GPU, and crops of them by similarity transforms.
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
export { type CropOptions, cropPictures } from './warp/crop.ts';
export { downloadPicture, type GpuPicture, overwritePicture, uploadPicture } from './warp/gpuPicture.ts';
export { placeCrops, placementRows, windowOf } from './warp/placements.ts';
