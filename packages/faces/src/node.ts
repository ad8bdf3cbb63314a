/** @file The parts of `@visage/faces` that touch files: PNG, image folders and the head asset. */
export { type Entry, entriesOf, whyLeftOut } from './node/entries.ts';
export { type FaceFolderOptions, type FaceRecord, readFace, writeFaceFolder } from './node/folder.ts';
export { loadHeadAsset, loadHeads } from './node/headAsset.ts';
export { decodePng, encodePng, type PngOptions, pngLimits, pngTexts, readPng, writePng } from './node/png.ts';
export {
  type FaceFolderSurvey,
  type FolderIdentity,
  type LeftOut,
  listFaceFolder,
  surveyFaceFolder,
} from './node/survey.ts';
