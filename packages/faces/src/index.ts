export { type FaceFactors, type FaceKey, faceFactors } from './draw.ts';
export { type Factor, type FactorName, type FactorStream, factors } from './factors.ts';
export { type Landmarks, landmarkNames, landmarksOf, type Point, type Pose, poseOf } from './landmarks.ts';
export type { Level } from './levels.ts';
export { philox, unitFloat } from './philox.ts';
export { type FaceBatch, materialNames, renderFaces, renderMasks, renderMaterials } from './render.ts';
