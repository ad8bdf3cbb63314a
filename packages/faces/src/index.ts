export { type FaceFactors, type FaceKey, faceFactors } from './draw.ts';
export { type Factor, type FactorName, type FactorStream, factors } from './factors.ts';
export { type GridOptions, imageGrid } from './images/grid.ts';
export { type Image, image, imagesOf, paste, resizeImage } from './images/image.ts';
export { drawText, textWidth } from './images/text.ts';
export { type Landmarks, landmarkNames, landmarksOf, type Point, type Pose, poseOf } from './landmarks.ts';
export type { Level } from './levels.ts';
export { type Embeddings, equalErrorRate, leakRate, retrievalTop1, swapMargin } from './metrics/embeddings.ts';
export { type PixelErrors, pixelErrors } from './metrics/pixels.ts';
export {
  type SwapAnswer,
  type SwapScores,
  type SwapTask,
  swapScores,
  trivialAnswers,
  trivialScores,
} from './metrics/swaps.ts';
export { type AcceptRate, acceptRateAt, type Verification, verification } from './metrics/verification.ts';
export { philox, unitFloat } from './philox.ts';
export {
  type FaceBatch,
  materialNames,
  renderFaces,
  renderMasks,
  renderMaterials,
  renderMeanFaces,
} from './render.ts';
export {
  FaceSampler,
  type FaceSamplerOptions,
  faceSetSize,
  faceSets,
  type LabelledIndices,
  type SwapIndices,
} from './sampler.ts';
export { SwapFaces, type SwapFacesOptions } from './swapFaces.ts';
