/** @file The first half of an import: pictures are decoded, their faces found, cropped and written to the journal. */
import { DeviceLostError, VisageError } from '@visage/gpu';
import { scope } from '@visage/tensor';
import { alignFace } from '../../align/align.ts';
import type { TemplateName } from '../../align/templates.ts';
import { eyeDistance, type Face } from '../../core/face.ts';
import type { Similarity } from '../../core/geometry.ts';
import type { Picture } from '../../core/picture.ts';
import { type CropJob, cropsOf } from '../../detect/batches.ts';
import { poseOfMesh, poseOfPoints } from '../../people/pose.ts';
import { type Candidate, shareInside } from '../../sets/candidate.ts';
import { roundedTransform } from '../../sets/face.ts';
import type { FaceSource } from '../../sets/source.ts';
import { readCropBytes } from '../../warp/cropBytes.ts';
import type { GpuPicture } from '../../warp/gpuPicture.ts';
import { holdPictures } from '../../warp/stack.ts';
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
  /** Faces of fewer pixels need not be found. */
  readonly smallest: number;
}

const PIXELS_AT_ONCE = 2 ** 26; // decoded pictures in memory: 256 MiB
const PIXELS_IN_BATCH = 2 ** 24;
const PICTURES_AT_ONCE = 12; // being decoded, looked at or compressed, or three batches if those are more
const ON_GPU = 4; // or two batches, so that the GPU has work while the host reads results
const CROP_BYTES = 2 ** 26; // of crops in f32 that are made at once

/** A face, from the finder or from a list. */
type PlacedFace = Pick<Face, 'box' | 'points'> & Partial<Face>;

/** Pictures that are looked at together. */
interface Batch {
  readonly pictures: readonly FoundPicture[];
  readonly pixels: number;
}

/** What came of a picture: faces, or why there are none. */
interface Outcome {
  readonly faces: readonly NewFace[];
  readonly problem?: string;
}

/**
 * Reads the pictures that the journal lacks. Memory is bounded: at most three batches of the source (or 12 pictures)
 * and 64 million pixels are decoded at a time, or one picture that is larger.
 *
 * @param goOn is asked after each picture, with the number of pictures in the journal.
 */
export async function findFaces(
  pictures: readonly FoundPicture[],
  journal: Journal,
  finding: Finding,
  goOn: (done: number) => boolean,
): Promise<void> {
  const { batch } = finding.source;
  const [pixels, gpu] = [new Budget(PIXELS_AT_ONCE), new Budget(Math.max(2, Math.floor(ON_GPU / batch)))];
  const atOnce = Math.max(3, Math.floor(PICTURES_AT_ONCE / batch));
  const outcomes = inOrder(batchesOf(pictures.slice(journal.pictures), batch), atOnce, (some) =>
    pixels.spend(some.pixels, () => outcomesOf(some, finding, gpu)),
  );
  for await (const each of outcomes)
    for (const { faces, problem } of each) {
      await journal.add(faces, problem ?? (faces.length === 0 ? 'no face was found' : undefined));
      if (!goOn(journal.pictures)) return;
    }
}

/** Batches of at most `most` pictures with at most 16 million pixels, or of one picture that is larger. */
async function* batchesOf(pictures: readonly FoundPicture[], most: number): AsyncGenerator<Batch> {
  let [some, pixels]: [FoundPicture[], number] = [[], 0];
  for (let from = 0; from < pictures.length; from += most) {
    const next = pictures.slice(from, from + most);
    const sizes = await Promise.all(next.map(({ file }) => pixelsOf(file)));
    for (const [k, one] of next.entries()) {
      const size = sizes[k] as number;
      if (some.length === most || (some.length > 0 && pixels + size > PIXELS_IN_BATCH)) {
        yield { pictures: some, pixels };
        [some, pixels] = [[], 0];
      }
      some.push(one);
      pixels += size;
    }
  }
  if (some.length > 0) yield { pictures: some, pixels };
}

/** A picture that was decoded. */
interface Readable {
  readonly one: FoundPicture;
  readonly decoded: DecodedPicture;
}

async function outcomesOf({ pictures }: Batch, finding: Finding, gpu: Budget): Promise<readonly Outcome[]> {
  const problems = new Map<FoundPicture, string>();
  const decoded = await Promise.all(
    pictures.map(async (one): Promise<Readable[]> => {
      try {
        return [{ one, decoded: await finding.workers.decode(one.file, one.source) }];
      } catch (cause) {
        problems.set(one, problemOf(cause, one.source));
        return [];
      }
    }),
  );
  const readable = decoded.flat();
  const cut = await gpu.spend(1, () => cutOutEach(readable, finding, problems));
  const { workers, size, quality } = finding;
  const found = new Map<FoundPicture, readonly NewFace[]>();
  await Promise.all(
    readable.map(async ({ one, decoded }) => {
      const faces = (cut.get(one) ?? []).map(async ({ pixels, ...face }, k): Promise<NewFace> => {
        const { jpeg, ...measured } = await workers.encode(pixels, size, quality);
        return [candidateOf(one, decoded, { ...face, ...measured }, k, size), jpeg];
      });
      found.set(one, await Promise.all(faces));
    }),
  );
  return pictures.map((one) => ({ faces: found.get(one) ?? [], problem: problems.get(one) }));
}

/** What is wrong with a picture, without its name, which stands beside it already; anything else is thrown again. */
function problemOf(cause: unknown, name: string): string {
  if (!(cause instanceof VisageError) || cause instanceof DeviceLostError) throw cause;
  const { message } = cause;
  return message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message;
}

/** What the GPU found out about a face. */
interface CutFace {
  readonly face: PlacedFace;
  readonly transform: Similarity;
  readonly descriptor: Float32Array;
}

type FaceWithPixels = CutFace & { readonly pixels: Uint8Array<ArrayBuffer> };

/** The faces of pictures. If looking at them together fails, each is looked at alone, to find which of them cannot. */
async function cutOutEach(
  readable: readonly Readable[],
  finding: Finding,
  problems: Map<FoundPicture, string>,
): Promise<Map<FoundPicture, readonly FaceWithPixels[]>> {
  try {
    return await cutOut(readable, finding);
  } catch (cause) {
    const [first, ...others] = readable;
    if (!first) throw cause;
    if (others.length === 0) {
      problems.set(first.one, problemOf(cause, first.one.source));
      return new Map();
    }
    if (!(cause instanceof VisageError) || cause instanceof DeviceLostError) throw cause;
    const each = [];
    for (const alone of readable) each.push(...(await cutOutEach([alone], finding, problems)));
    return new Map(each);
  }
}

async function cutOut(
  readable: readonly Readable[],
  { source, lists, size, template, smallest }: Finding,
): Promise<Map<FoundPicture, readonly FaceWithPixels[]>> {
  const { pictures: shown, dispose } = holdPictures(readable.map(({ decoded }) => decoded.picture));
  try {
    const listed = readable.map(({ one }) => lists?.of(one.source));
    const unlisted = shown.filter((_, k) => !listed[k]);
    const found = [...(unlisted.length > 0 ? await source.findAll(unlisted, { smallest }) : [])];
    const faces = listed.map((one): readonly PlacedFace[] => (one ? [one] : (found.shift() ?? [])));
    const descriptors = (await source.describeAll(shown, faces)).flat();
    const jobs = faces.flatMap((some, k) =>
      some.map(({ points }): CropJob => {
        const { transform } = alignFace(points, template, size);
        return { source: shown[k] as Picture | GpuPicture, transform: roundedTransform(transform) };
      }),
    );
    const pixels = await pixelsOfCrops(jobs, size);
    let at = 0;
    const cut = faces.map((some) =>
      some.map((face): FaceWithPixels => {
        const { transform } = jobs[at] as CropJob;
        const known = { descriptor: descriptors[at] as Float32Array, pixels: pixels[at] as Uint8Array<ArrayBuffer> };
        at++;
        return { face, transform, ...known };
      }),
    );
    return new Map(readable.map(({ one }, k) => [one, cut[k] as FaceWithPixels[]]));
  } finally {
    dispose();
  }
}

/** The pixels of crops, which are made as many at once as memory allows. */
async function pixelsOfCrops(jobs: readonly CropJob[], size: number): Promise<Uint8Array<ArrayBuffer>[]> {
  const pixels: Uint8Array<ArrayBuffer>[] = [];
  const most = Math.max(1, Math.floor(CROP_BYTES / (12 * size * size)));
  for (let from = 0; from < jobs.length; from += most) {
    const crops = scope(() => cropsOf(jobs.slice(from, from + most), size));
    pixels.push(...(await readCropBytes(crops).finally(() => crops.dispose())));
  }
  return pixels;
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
