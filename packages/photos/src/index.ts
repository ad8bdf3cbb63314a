/**
 * @file From any picture or film to aligned faces and back. The rooms in import order:
 *
 * - `core/`: pictures, geometry and faces, as plain data.
 * - `warp/`: pictures on the GPU, and crops of them by similarity transforms.
 * - `align/`: where networks expect the eyes, nose and mouth of a face.
 * - `paste/`: masks of faces, and changed crops pasted back into their picture.
 * - `films/`: frames of films on the GPU, tracks of faces, and the way from a film to a changed one.
 */

export { type Alignment, alignFace } from './align/align.ts';
export { type Template, type TemplateName, templates } from './align/templates.ts';
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
export { ahead } from './films/ahead.ts';
export { type Film, type FilmFrame, openFilm } from './films/film.ts';
export { type ChangedFrame, changedFrames, type FrameMoment, type FrameWork } from './films/frames.ts';
export {
  downloadPlanes,
  frameOf,
  pictureOfPlanes,
  pictureToPlanes,
  uploadPlanes,
  writtenForm,
} from './films/gpuPlanes.ts';
export type { MediaLibrary } from './films/media.ts';
export {
  type ColourTags,
  coloursOf,
  isPlaneFormat,
  type PlaneColours,
  type PlaneForm,
  type PlaneFormat,
  type PlaneLayout,
  packedLayout,
  planeFormats,
  sameForm,
  shownSize,
} from './films/planes.ts';
export { isCut, thumbnailOf } from './films/thumbnail.ts';
export { encodeSegment, encodingOf, endingOf, filmEndings, joinSegments } from './films/writing.ts';
export {
  celebMaskFace,
  keepOccluders,
  type OutlineOptions,
  outlineMasks,
  outlineRows,
  parsingRegion,
  placeOutlines,
  type RegionOptions,
  regionMasks,
} from './paste/masks.ts';
export { ellipseOf, OUTLINE_POINTS, outlineOf } from './paste/outlines.ts';
export { colourMaps, type PasteOptions, pasteBack, pasteIntoPicture } from './paste/paste.ts';
export { type CropOptions, cropPictures } from './warp/crop.ts';
export { downloadPicture, type GpuPicture, overwritePicture, uploadPicture } from './warp/gpuPicture.ts';
export { placeCrops, placementRows, windowOf } from './warp/placements.ts';
