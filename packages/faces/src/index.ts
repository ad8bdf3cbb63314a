/**
 * @file Procedural faces, whose swaps are known exactly, and the metrics of a swap. The rooms in import order:
 *
 * - `sampling/`: the factors of a face, drawn from the numbers of its identity and its attributes.
 * - `render/`: faces, masks and landmarks, rendered on the GPU.
 * - `metrics/`: how well swaps fit their sources, their targets and the exact truths.
 * - `images/`: images on the host, and grids of them with labels.
 * - `node/` (entry `@visage/faces/node`): PNG files and data sets in folders.
 */
export { type GridOptions, imageGrid } from './images/grid.ts';
export { type Image, image, imagesOf, paste, resizeImage } from './images/image.ts';
export { drawText, textPixels, textWidth } from './images/text.ts';
export { type Embeddings, equalErrorRate, leakRate, retrievalTop1, swapMargin } from './metrics/embeddings.ts';
export { type PixelErrors, pixelErrors } from './metrics/pixels.ts';
export { rankCorrelation } from './metrics/ranks.ts';
export {
  type SwapAnswer,
  type SwapScores,
  type SwapTask,
  swapScores,
  trivialAnswers,
  trivialScores,
} from './metrics/swaps.ts';
export { type AcceptRate, acceptRateAt, type Verification, verification } from './metrics/verification.ts';
export { type Landmarks, landmarkNames, landmarksOf, type Point, type Pose, poseOf } from './render/landmarks.ts';
export {
  type FaceBatch,
  materialNames,
  renderFaces,
  renderMasks,
  renderMaterials,
  renderMeanFaces,
} from './render/render.ts';
export { SwapFaces, type SwapFacesOptions } from './render/swapFaces.ts';
export { type FaceFactors, type FaceKey, faceFactors } from './sampling/draw.ts';
export { type Factor, type FactorName, type FactorStream, factors } from './sampling/factors.ts';
export type { Level } from './sampling/levels.ts';
export { philox, unitFloat } from './sampling/philox.ts';
export {
  FaceSampler,
  type FaceSamplerOptions,
  faceSetSize,
  faceSets,
  type LabelledIndices,
  type SwapIndices,
} from './sampling/sampler.ts';
export { shuffledPlace } from './sampling/shuffle.ts';
