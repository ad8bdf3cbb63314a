/**
 * @file From any picture or film to aligned faces and back. The rooms in import order:
 *
 * - `core/`: pictures, geometry and faces, as plain data.
 * - `marks/`: marks of provenance, for machines and for people.
 * - `codecs/`: from files to pictures and back, behind an interface.
 * - `warp/`: pictures on the GPU, and crops of them by similarity transforms.
 * - `align/`: where networks expect the eyes, nose and mouth of a face.
 * - `people/`: whose face it is, how it is turned, how sharp it is, and whether it was seen before.
 * - `paste/`: masks of faces, and changed crops pasted back into their picture.
 * - `swap/`: swaps of faces in photographs, from the choice of faces to the finished picture.
 */
export { type Alignment, alignFace } from './align/align.ts';
export { type Template, type TemplateName, templates } from './align/templates.ts';
export { browserCodec } from './codecs/browserCodec.ts';
export type { EncodeOptions, PictureCodec } from './codecs/codec.ts';
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
export { embedXmp } from './marks/embed.ts';
export { drawLabel, hasLabel } from './marks/label.ts';
export { readXmp, SOURCE_TYPE, syntheticXmp, type XmpMark } from './marks/xmp.ts';
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
export { assignOneToOne } from './people/assign.ts';
export { clusterDescriptors } from './people/clusters.ts';
export { descriptorDistance, meanDescriptor, samePerson } from './people/descriptors.ts';
export { type GreyPicture, greyOf, greyOfCrop, resizedGrey } from './people/grey.ts';
export { hashDistance, perceptualHash } from './people/hash.ts';
export { poseOfMesh } from './people/pose.ts';
export { sharpness } from './people/sharpness.ts';
export {
  type ByPerson,
  type ByPlace,
  type ChosenFace,
  type ChosenFaces,
  chooseFaces,
  type FaceChoice,
  largestFace,
} from './swap/choose.ts';
export type { AlignedSwapper, Finder, NamedPicture, Portrait } from './swap/identities.ts';
export {
  type BlendOptions,
  type MaskChange,
  PhotoSwapper,
  type PhotoSwapperOptions,
  type PlacedFace,
  type SwapPlan,
} from './swap/photoSwapper.ts';
export { pipelineTemplate } from './swap/template.ts';
export { type CropOptions, cropPictures } from './warp/crop.ts';
export { downloadPicture, type GpuPicture, overwritePicture, uploadPicture } from './warp/gpuPicture.ts';
export { placeCrops, placementRows, windowOf } from './warp/placements.ts';
