/** @file The first half of an import: pictures are decoded, their faces found, cropped and written to the journal. */
import { VisageError } from '@visage/gpu';
import { alignFace } from '../../align/align.ts';
import type { TemplateName } from '../../align/templates.ts';
import { eyeDistance, type Face } from '../../core/face.ts';
import type { Similarity } from '../../core/geometry.ts';
import type { Picture } from '../../core/picture.ts';
import { poseOfMesh, poseOfPoints } from '../../people/pose.ts';
import { type Candidate, shareInside } from '../../sets/candidate.ts';
import { roundedTransform } from '../../sets/face.ts';
import type { FaceSource } from '../../sets/source.ts';
import { cropPictures } from '../../warp/crop.ts';
import { type GpuPicture, uploadPicture } from '../../warp/gpuPicture.ts';
import { type DecodedPicture, pixelsOf } from './decode.ts';
import { Budget, inOrder } from './flow.ts';
import type { Journal, NewFace } from './journal.ts';
import type { FoundPicture } from './survey.ts';
import type { FaceLists } from './vggLists.ts';
import type { ImportWorkers } from './workers.ts';

/** What the faces of a set are cut out with. */
export interface Finding {
  readonly source: FaceSource;
  readonly workers: ImportWorkers;
  readonly lists?: FaceLists;
  readonly size: number;
  readonly template: TemplateName;
  readonly quality: number;
}

const PIXELS_AT_ONCE = 2 ** 26; // decoded pictures in memory: 256 MiB
const PICTURES_AT_ONCE = 12; // being decoded, looked at or compressed
const ON_GPU = 4; // so that the GPU has work while the host reads the results of the picture before
const CROPS_AT_ONCE = 8;
const UPLOADED_PIXELS = 2 ** 24; // more is read by windows, as cropPictures does

/** A face, from the finder or from a list. */
type PlacedFace = Pick<Face, 'box' | 'points'> & Partial<Face>;

/**
 * Reads the pictures that the journal lacks. Memory is bounded: at most 12 pictures and 64 million pixels are decoded
 * at a time, or one picture that is larger.
 *
 * @param goOn is asked after each picture, with the number of pictures in the journal.
 */
export async function findFaces(
  pictures: readonly FoundPicture[],
  journal: Journal,
  finding: Finding,
  goOn: (done: number) => boolean,
): Promise<void> {
  const [pixels, gpu] = [new Budget(PIXELS_AT_ONCE), new Budget(ON_GPU)];
  const rest = pictures.slice(journal.pictures);
  const found = inOrder(rest, PICTURES_AT_ONCE, async (one): Promise<readonly [readonly NewFace[], string?]> => {
    const cost = await pixelsOf(one.file);
    try {
      return [await pixels.spend(cost, () => facesOf(one, finding, gpu))];
    } catch (cause) {
      if (!(cause instanceof VisageError)) throw cause;
      return [[], withoutName(cause.message, one.source)];
    }
  });
  for await (const [faces, problem] of found) {
    await journal.add(faces, problem ?? (faces.length === 0 ? 'no face was found' : undefined));
    if (!goOn(journal.pictures)) return;
  }
}

/** A message without the picture's name at its beginning, which stands beside it already. */
const withoutName = (message: string, name: string): string =>
  message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message;

async function facesOf(one: FoundPicture, finding: Finding, gpu: Budget): Promise<readonly NewFace[]> {
  const decoded = await finding.workers.decode(one.file, one.source);
  const placed = await gpu.spend(1, () => cutOut(one, decoded.picture, finding));
  return Promise.all(
    placed.map(async ({ crop, ...face }, k): Promise<NewFace> => {
      const { jpeg, ...measured } = await finding.workers.encode(crop, finding.size, finding.quality);
      return [candidateOf(one, decoded, { ...face, ...measured }, k, finding.size), jpeg];
    }),
  );
}

/** What the GPU found out about a face. */
interface CutFace {
  readonly face: PlacedFace;
  readonly transform: Similarity;
  readonly descriptor: Float32Array;
}

async function cutOut(
  { source: name }: FoundPicture,
  picture: Picture,
  { source, lists, size, template }: Finding,
): Promise<(CutFace & { readonly crop: Float32Array })[]> {
  const listed = lists?.of(name);
  const uploaded = picture.width * picture.height <= UPLOADED_PIXELS ? uploadPicture(picture) : undefined;
  const shown = uploaded ?? picture;
  try {
    const faces: readonly PlacedFace[] = listed ? [listed] : await source.find(shown);
    if (faces.length === 0) return [];
    const descriptors = await source.describe(shown, faces);
    const transforms = faces.map(({ points }) => roundedTransform(alignFace(points, template, size).transform));
    const crops = await cropsOf(shown, transforms, size);
    return faces.map((face, k) => ({
      face,
      transform: transforms[k] as Similarity,
      descriptor: descriptors[k] as Float32Array,
      crop: crops[k] as Float32Array,
    }));
  } finally {
    for (const held of uploaded ? [uploaded.pixels, uploaded.frame] : []) held.dispose();
  }
}

/** The crops of a picture, each with memory of its own. */
async function cropsOf(
  shown: Picture | GpuPicture,
  transforms: readonly Similarity[],
  size: number,
): Promise<Float32Array[]> {
  const crops: Float32Array[] = [];
  const length = 3 * size * size;
  for (let from = 0; from < transforms.length; from += CROPS_AT_ONCE) {
    const some = transforms.slice(from, from + CROPS_AT_ONCE);
    const batch = cropPictures(shown, some, size);
    const floats = await batch.floats();
    batch.dispose();
    for (const k of some.keys()) crops.push(floats.slice(k * length, (k + 1) * length));
  }
  return crops;
}

function candidateOf(
  { source, person = '' }: FoundPicture,
  { picture, sourceHash }: DecodedPicture,
  { face, transform, descriptor, sharpness, hash }: CutFace & Pick<Candidate, 'sharpness' | 'hash'>,
  number: number,
  size: number,
): Candidate {
  const { box, points, score, flag, mesh } = face;
  return {
    person,
    source,
    sourceHash,
    face: number,
    box,
    points,
    ...(score !== undefined && { score }),
    ...(flag !== undefined && { flag }),
    transform,
    eyes: eyeDistance(face),
    sharpness,
    pose: mesh ? poseOfMesh(mesh) : poseOfPoints(points),
    hash,
    descriptor,
    inside: shareInside(transform, size, picture),
  };
}
