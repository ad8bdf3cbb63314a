/** @file Image data sets that are written: one folder per identity, aligned square PNG images inside. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkInteger, checkOptions, currentGpu, type OptionKeys } from '@visage/gpu';
import { FileError } from '@visage/nn';
import { saveFile } from '@visage/nn/node';
import type { HeadCrop } from '../heads/people/levels.ts';
import { type Image, imagesOf, resizeImage } from '../images/image.ts';
import { type FacePlace, placesOf } from '../render/labels.ts';
import type { Landmarks, Pose } from '../render/landmarks.ts';
import { renderFaces } from '../render/render.ts';
import type { Level } from '../sampling/levels.ts';
import { readPng, writePng } from './png.ts';

/** Which faces to write. */
export interface FaceFolderOptions {
  readonly identities: number;
  readonly imagesPerIdentity: number;
  readonly size: number;
  readonly firstIdentity?: number;
  readonly seed?: number;
  readonly level?: Level;
  /** Of mesh heads: the face alone (default), or the whole head. */
  readonly crop?: HeadCrop;
  /** Rays per pixel along each axis. Default 2. */
  readonly samples?: number;
  /** Called now and then with the number of images written so far. */
  readonly onProgress?: (written: number) => void;
}

const OPTIONS: OptionKeys<FaceFolderOptions> = {
  identities: true,
  imagesPerIdentity: true,
  size: true,
  firstIdentity: true,
  seed: true,
  level: true,
  crop: true,
  samples: true,
  onProgress: true,
};

/** One line of `faces.jsonl`. */
export interface FaceRecord {
  readonly file: string;
  readonly identity: number;
  readonly attributes: number;
  readonly pose: Pose;
  readonly landmarks: Landmarks;
}

const BATCH_BYTES = 2 ** 25; // of pixels rendered at once: 32 MiB keep a GPU busy and little memory

/**
 * Images of a size that are rendered at once: at least one, and no more than a buffer of the device holds. A pixel does
 * not depend on the others of its batch.
 */
function renderedAtOnce(size: number): number {
  const { maxStorageBufferBindingSize, maxBufferSize } = currentGpu().device.limits;
  const most = Math.min(BATCH_BYTES, maxStorageBufferBindingSize, maxBufferSize);
  return Math.max(1, Math.floor(most / (size * size * 3 * 4)));
}

const digits = (value: number): string => String(value).padStart(7, '0');

/**
 * Renders faces into `folder/<identity>/<attributes>.png`, with their labels in `folder/faces.jsonl`, one {@link
 * FaceRecord} a line.
 *
 * Image k of identity i has attributes i * imagesPerIdentity + k. Returns the records.
 */
export async function writeFaceFolder(folder: string, options: FaceFolderOptions): Promise<FaceRecord[]> {
  checkOptions('writeFaceFolder', options, OPTIONS);
  const { identities, imagesPerIdentity, size, firstIdentity = 0, seed, level, crop, samples = 2 } = options;
  for (const name of ['identities', 'imagesPerIdentity'] as const)
    checkInteger('writeFaceFolder', name, options[name], 1);
  checkInteger('writeFaceFolder', 'firstIdentity', firstIdentity, 0);
  const atOnce = renderedAtOnce(size);
  const records: FaceRecord[] = [];
  for (let identity = firstIdentity; identity < firstIdentity + identities; identity++) {
    await mkdir(join(folder, digits(identity)), { recursive: true });
    for (let from = 0; from < imagesPerIdentity; from += atOnce) {
      const count = Math.min(atOnce, imagesPerIdentity - from);
      const attributes = Uint32Array.from({ length: count }, (_, k) => identity * imagesPerIdentity + from + k);
      const shown = { identities: attributes.map(() => identity), attributes, size, seed, level, crop, samples };
      const batch = renderFaces(shown);
      const images = imagesOf(await batch.floats(), size);
      batch.dispose();
      const places = await placesOf(shown);
      for (const [k, one] of images.entries()) {
        const number = attributes[k] as number;
        const file = join(digits(identity), `${digits(number)}.png`);
        await writePng(join(folder, file), one);
        records.push({ file, identity, attributes: number, ...(places[k] as FacePlace) });
      }
      options.onProgress?.(records.length);
    }
  }
  const lines = records.map((record) => `${JSON.stringify(record)}\n`);
  await saveFile(join(folder, 'faces.jsonl'), Buffer.from(lines.join('')));
  return records;
}

/** Reads an aligned face: a square PNG image, resized to `size`. */
export async function readFace(path: string, size: number): Promise<Image> {
  const face = await readPng(path);
  if (face.width !== face.height) {
    throw new FileError(path, `is ${face.width} x ${face.height}; an aligned face is square`);
  }
  return resizeImage(face, size);
}
