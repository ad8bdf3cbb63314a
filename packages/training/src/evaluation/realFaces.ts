/**
 * @file Whether a network that learned from rendered people reads real ones: it is asked about faces in photographs and
 * films, beside dlib's recogniser, which learned from three million photographs.
 */
import type { Embeddings } from '@visage/faces';
import { VisageError } from '@visage/gpu';
import {
  alignFace,
  cropPictures,
  descriptorDistance,
  type Face,
  type FaceFinder,
  type FivePoints,
  type GpuPicture,
  largestFace,
  type Picture,
  type TemplateName,
} from '@visage/photos';
import { type IdentityNetwork, joined } from '@visage/simswap';
import { embedAll } from './evaluate.ts';
import { agreementOf, cosineOf, meanCosineOf, unit } from './likeness.ts';

/** A face in a picture. */
export interface FoundPerson {
  readonly points: FivePoints;
  /** dlib's descriptor. */
  readonly descriptor: Float32Array;
}

/** A real face, as both networks are shown it. */
export interface RealFace {
  /** Faces of one name are one person's. */
  readonly person: string;
  /** [size, size, 3] in [0, 1], aligned as the network learned it. */
  readonly crop: Float32Array;
  /** dlib's descriptor. */
  readonly descriptor: Float32Array;
}

/** How faces are cropped for a network. */
export interface RealFaceOptions {
  readonly size: number;
  readonly template: TemplateName;
}

/**
 * Finds and describes the faces of a picture.
 *
 * @param one whether only the largest face counts, as in a picture of one person. A look at the whole picture finds it.
 */
export async function findPeople(
  finder: FaceFinder,
  picture: Picture | GpuPicture,
  one: boolean,
): Promise<FoundPerson[]> {
  const found = await finder.find(picture, { tiles: !one });
  const faces = one && found.length > 0 ? [found[largestFace(found)] as Face] : found;
  const descriptors = await finder.describe(picture, faces);
  return faces.map(({ points }, k) => ({ points, descriptor: descriptors[k] as Float32Array }));
}

/** Crops the faces of a picture as a network learned to see faces. */
export async function realFacesOf(
  picture: Picture | GpuPicture,
  people: readonly FoundPerson[],
  nameOf: (face: number) => string,
  { size, template }: RealFaceOptions,
): Promise<RealFace[]> {
  if (people.length === 0) return [];
  const transforms = people.map(({ points }) => alignFace(points, template, size).transform);
  const crops = cropPictures(picture, transforms, size);
  const values = await crops.floats();
  crops.dispose();
  const each = size * size * 3;
  return people.map(({ descriptor }, k) => ({
    person: nameOf(k),
    crop: values.slice(k * each, (k + 1) * each),
    descriptor,
  }));
}

/** What a network makes of faces of different people. */
export interface RealFaceScores {
  readonly faces: number;
  /** Pairs of faces of two people. */
  readonly pairs: number;
  /**
   * Spearman's rank correlation, over these pairs, of the network's distance and dlib's: 1 if both find the same people
   * alike, 0 if the network's distances say nothing of photographs.
   */
  readonly agreement: number;
  /** Mean cosine of such pairs; near 1 the network takes everybody for one person. */
  readonly meanCosine: number;
}

/**
 * Compares the distances that a network and dlib's recogniser find between people.
 *
 * @throws VisageError for fewer than three people.
 */
export async function realFaceScores(
  network: IdentityNetwork,
  faces: readonly RealFace[],
  size: number,
): Promise<RealFaceScores> {
  const rows = await embeddingRows(network, faces, size);
  const [cosines, theirs]: [number[], number[]] = [[], []];
  for (const [k, one] of faces.entries())
    for (let j = 0; j < k; j++) {
      const other = faces[j] as RealFace;
      if (one.person === other.person) continue;
      cosines.push(cosineOf(rows[k] as Float32Array, rows[j] as Float32Array));
      theirs.push(descriptorDistance(one.descriptor, other.descriptor));
    }
  if (cosines.length < 3)
    throw new VisageError(`real faces: ${faces.length} faces make ${cosines.length} pairs of two people, 3 are needed`);
  const agreement = agreementOf(cosines, theirs);
  return { faces: faces.length, pairs: cosines.length, agreement, meanCosine: meanCosineOf(cosines) };
}

/** A network's embeddings of faces, one a face, of unit length. */
export async function embeddingRows(
  network: IdentityNetwork,
  faces: readonly RealFace[],
  size: number,
): Promise<Float32Array[]> {
  const images = joined(faces.map(({ crop }) => crop));
  const { values, size: length }: Embeddings = await embedAll(network, images, size);
  return faces.map((_, k) => unit(values.slice(k * length, (k + 1) * length)));
}

/** dlib's descriptors of faces, one a face, of unit length. */
export const descriptorRows = (faces: readonly RealFace[]): Float32Array[] =>
  faces.map(({ descriptor }) => unit(descriptor));
