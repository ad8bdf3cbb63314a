/** @file The parts of `@visage/faces` that touch files: PNG and image folders. */
export {
  type FaceFolderOptions,
  type FaceRecord,
  type FolderIdentity,
  listFaceFolder,
  readFace,
  writeFaceFolder,
} from './node/folder.ts';
export { decodePng, encodePng, type PngOptions, pngLimits, pngTexts, readPng, writePng } from './node/png.ts';
