/**
 * @file Rendered faces, whose swaps are known exactly, and the metrics of a swap. The rooms in import order:
 *
 * - `sampling/`: the factors of a face, drawn from the numbers of its identity and its attributes.
 * - `heads/`: heads of meshes with scanned skin: their asset, the people, geometry and drawing.
 * - `render/`: procedural faces and mesh heads, their masks and landmarks, rendered on the GPU.
 * - `metrics/`: how well swaps fit their sources, their targets and the exact truths.
 * - `images/`: images on the host, and grids of them with labels.
 * - `node/` (entry `@visage/faces/node`): PNG files and data sets in folders.
 */
export {
  type HeadAsset,
  type HeadPart,
  type MorphTargets,
  type PartKind,
  partKinds,
  type TextureLayers,
} from './heads/asset/headAsset.ts';
export { headAssetFiles, readHeadAsset } from './heads/asset/readHeadAsset.ts';
export { type HeadLabels, headExpressions, useHeads } from './heads/drawing/heads.ts';
export type { IdentityRange } from './heads/geometry/neutralPoints.ts';
export { type Ancestry, describeHead, type HeadDescription } from './heads/people/describe.ts';
export { ageNames, type HeadDiversity, type HeadRange, headDiversity } from './heads/people/diversity.ts';
export type { HeadKey } from './heads/people/draw.ts';
export { type FactorSplit, factorSplits } from './heads/people/factors.ts';
export { type HeadCrop, type HeadLevel, headCrops } from './heads/people/levels.ts';
export { toneNames } from './heads/people/tone.ts';
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
export { type FacePlace, landmarksFrom68, placesOf, pointsOfLandmark } from './render/labels.ts';
export { type Landmarks, landmarkNames, landmarksOf, type Point, type Pose, poseOf } from './render/landmarks.ts';
export { type NoseShapes, noseShapes } from './render/noseShapes.ts';
export {
  type FaceBatch,
  materialNames,
  renderFaces,
  renderHeadLabels,
  renderHeadLandmarks,
  renderMasks,
  renderMaterials,
  renderMeanFaces,
} from './render/render.ts';
export { SwapFaces, type SwapFacesOptions } from './render/swapFaces.ts';
export { type FaceFactors, type FaceKey, faceFactors } from './sampling/draw.ts';
export { type Factor, type FactorName, type FactorStream, factors } from './sampling/factors.ts';
export { isHeadLevel, type Level, levelNames, type ProceduralLevel } from './sampling/levels.ts';
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
