/**
 * @file From any picture or film to aligned faces and back. The rooms in import order:
 *
 * - `core/`: pictures, geometry and faces, as plain data.
 * - `marks/`: marks of provenance, for machines and for people.
 * - `codecs/`: from files to pictures and back, behind an interface.
 * - `warp/`: pictures on the GPU, and crops of them by similarity transforms.
 * - `align/`: where networks expect the eyes, nose and mouth of a face.
 * - `networks/`: the trained networks that read photographs.
 * - `detect/`: faces of photographs, found, followed and described.
 * - `people/`: whose face it is, how it is turned, how sharp it is, and whether it was seen before.
 * - `paste/`: masks of faces, and changed crops pasted back into their picture.
 * - `swap/`: swaps of faces in photographs, from the choice of faces to the finished picture.
 * - `sets/`: what a set of aligned faces says of each, and which faces are left out of it.
 * - `films/`: frames of films on the GPU, tracks of faces, and the way from a film to a changed one.
 */
export { type Alignment, alignFace } from './align/align.ts';
export { type Template, type TemplateName, templates } from './align/templates.ts';
export { browserCodec } from './codecs/browserCodec.ts';
export { pictureOfBlob, pictureToBlob, pictureToCanvas } from './codecs/browserPictures.ts';
export type { EncodeOptions, PictureCodec, WriteOptions } from './codecs/codec.ts';
export {
  type FormatFacts,
  formatName,
  formatOfBytes,
  formatOfName,
  type PictureFormat,
  pictureEndings,
  pictureFormats,
  pictureLimits,
  type ReadableFormat,
} from './codecs/formats.ts';
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
export { overlapOf } from './detect/candidates.ts';
export { type DrawnFace, drawFaces } from './detect/draw.ts';
export { FaceFinder, type FaceFinderOptions, type FinderNetworks, type FindOptions } from './detect/faceFinder.ts';
export { boxOfMesh, cropOfMesh, lookWindow } from './detect/meshCrops.ts';
export { type Tile, tilesOf } from './detect/tiles.ts';
export { ahead } from './films/ahead.ts';
export { type CastFace, Casting } from './films/casting.ts';
export { type Film, type FilmFrame, openFilm } from './films/film.ts';
export { FilmPeople } from './films/filmPeople.ts';
export { FilmSwap, type FilmSwapParts } from './films/filmSwap.ts';
export { frameLabel } from './films/frameLabel.ts';
export { FrameOnGpu, type FrameView, viewOf } from './films/frameOnGpu.ts';
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
export { cutPart, isPatchable, type PlanePart, partOf, putPart, wholePart } from './films/planeParts.ts';
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
export { type SteadyState, steadied } from './films/steady.ts';
export { isCut, thumbnailOf } from './films/thumbnail.ts';
export { FaceTracker, type FrameFinder, type TrackedFace } from './films/tracker.ts';
export { encodeSegment, encodingOf, endingOf, filmEndings, joinSegments } from './films/writing.ts';
export { readYuv4Mpeg, type Yuv4MpegHeader, yuv4MpegFrame, yuv4MpegHeader } from './films/yuv4mpeg.ts';
export { embedXmp } from './marks/embed.ts';
export { drawLabel, hasLabel } from './marks/label.ts';
export { readXmp, SOURCE_TYPE, syntheticXmp, type XmpMark } from './marks/xmp.ts';
export { BlazeFace } from './networks/blazeFace.ts';
export { FaceMeshNetwork, type Meshes } from './networks/faceMesh.ts';
export { type FaceNetworks, loadFaceNetworks, type ReplayedNetwork } from './networks/faceNetworks.ts';
export { type Descriptors, FaceRecogniser } from './networks/faceRecogniser.ts';
export { type Detections, SsdFaceDetector } from './networks/ssdFaceDetector.ts';
export { fetchWeights, type WeightFile, type WeightSource, weightFiles } from './networks/weightFiles.ts';
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
export { type ParsedMaskOptions, parsedMasks, swappedClasses } from './paste/parsed.ts';
export { colourMaps, type PasteOptions, pasteBack, pasteIntoPicture } from './paste/paste.ts';
export { assignOneToOne } from './people/assign.ts';
export { clusterDescriptors } from './people/clusters.ts';
export { descriptorDistance, meanDescriptor, samePerson } from './people/descriptors.ts';
export { type GreyPicture, greyOf, greyOfCrop, resizedGrey } from './people/grey.ts';
export { hashDistance, perceptualHash } from './people/hash.ts';
export { poseOfMesh, poseOfPoints } from './people/pose.ts';
export { sharpness } from './people/sharpness.ts';
export { type Candidate, shareInside } from './sets/candidate.ts';
export { type CurationRules, completeRules, curate, defaultRules, type JudgedFace } from './sets/curate.ts';
export {
  type FacePlace,
  faceLine,
  type LeftOutFace,
  readFaceLine,
  type SetFace,
  type SetHeader,
  type SetShard,
  type StoredFace,
} from './sets/face.ts';
export type { FaceSource } from './sets/source.ts';
export {
  type ByPerson,
  type ByPlace,
  type ChosenFace,
  type ChosenFaces,
  chooseFaces,
  type FaceChoice,
  largestFace,
  type MissingPerson,
} from './swap/choose.ts';
export type { AlignedSwapper, Finder, NamedPicture, Portrait } from './swap/identities.ts';
export {
  type BlendOptions,
  type MaskChange,
  mostExaggeration,
  PhotoSwapper,
  type PhotoSwapperOptions,
  type PlacedFace,
  type SwapPlan,
} from './swap/photoSwapper.ts';
export { trainedTemplate } from './swap/template.ts';
export { type CropOptions, cropPictures } from './warp/crop.ts';
export { downloadPicture, type GpuPicture, overwritePicture, uploadPicture } from './warp/gpuPicture.ts';
export { placeCrops, placementRows, windowOf } from './warp/placements.ts';
