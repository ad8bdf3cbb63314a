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
import type { IdentityNetwork } from '@visage/simswap';
import { joined } from './batches.ts';
import { embedAll } from './evaluate.ts';
import { agreementOf, cosineOf, meanCosineOf } from './likeness.ts';

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
 * @param one whether only the largest face counts, as in a picture of one person.
 */
export async function findPeople(
  finder: FaceFinder,
  picture: Picture | GpuPicture,
  one: boolean,
): Promise<FoundPerson[]> {
  const found = await finder.find(picture);
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
  const { rows } = await unitRows(network, faces, size);
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

/** Whether people of films are told apart. */
export interface ToldApart {
  /** Frames that were asked about. */
  readonly frames: number;
  /** Those in which the face is nearest to the mean of its own person. */
  readonly right: number;
  /** The least cosine to the own person, and the largest one to another. A threshold between them tells all apart. */
  readonly leastOwn: number;
  readonly mostOther: number;
}

const ENROLLED = 4; // one of so many frames makes the mean of its person and is not asked about

/**
 * Whether a network tells the people of films apart in every frame: every fourth face of each person makes their mean,
 * and the others are compared with the means of all.
 *
 * @param faces in the order of their frames, of two people or more.
 * @throws VisageError when a person has fewer than two faces.
 */
export async function toldApart(
  network: IdentityNetwork,
  faces: readonly RealFace[],
  size: number,
): Promise<ToldApart> {
  const { rows } = await unitRows(network, faces, size);
  const people = [...new Set(faces.map(({ person }) => person))];
  const of = (person: string) => rows.filter((_, k) => (faces[k] as RealFace).person === person);
  const means = people.map((person) => {
    const own = of(person);
    if (own.length < 2) throw new VisageError(`real faces: ${own.length} faces of ${person}, expected two or more`);
    return unit(summed(own.filter((_, k) => k % ENROLLED === 0)));
  });
  let [frames, right, leastOwn, mostOther] = [0, 0, 1, -1];
  for (const [number, person] of people.entries())
    for (const [k, row] of of(person).entries()) {
      if (k % ENROLLED === 0) continue;
      const cosines = means.map((mean) => cosineOf(row, mean));
      const own = cosines[number] as number;
      const other = Math.max(...cosines.filter((_, at) => at !== number));
      frames += 1;
      if (own > other) right += 1;
      leastOwn = Math.min(leastOwn, own);
      mostOther = Math.max(mostOther, other);
    }
  return { frames, right, leastOwn, mostOther };
}

/** Embeddings of faces, of unit length. */
async function unitRows(network: IdentityNetwork, faces: readonly RealFace[], size: number) {
  const images = joined(faces.map(({ crop }) => crop));
  const { values, size: length }: Embeddings = await embedAll(network, images, size);
  return { rows: faces.map((_, k) => unit(values.slice(k * length, (k + 1) * length))) };
}

function unit(row: Float32Array): Float32Array {
  const length = Math.hypot(...row);
  return row.map((value) => value / length);
}

function summed(rows: readonly Float32Array[]): Float32Array {
  const [first] = rows as [Float32Array];
  const sum = new Float32Array(first.length);
  for (const row of rows) for (const [k, value] of row.entries()) sum[k] = (sum[k] as number) + value;
  return sum;
}
