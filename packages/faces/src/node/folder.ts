/** @file Image data sets on disk: one folder per identity, aligned square PNG images inside. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkInteger, checkOptions, type OptionKeys } from '@visage/gpu';
import { FileError } from '@visage/nn';
import { saveFile } from '@visage/nn/node';
import { type Image, imagesOf, resizeImage } from '../images/image.ts';
import { type Landmarks, landmarksOf, type Pose, poseOf } from '../landmarks.ts';
import type { Level } from '../levels.ts';
import { renderFaces } from '../render.ts';
import { readPng, writePng } from './png.ts';

/** Which faces to write. */
export interface FaceFolderOptions {
  readonly identities: number;
  readonly imagesPerIdentity: number;
  readonly size: number;
  readonly firstIdentity?: number;
  readonly seed?: number;
  readonly level?: Level;
  /** Rays per pixel along each axis. Default 2. */
  readonly samples?: number;
  /** Called after each identity with the number of images written so far. */
  readonly onProgress?: (written: number) => void;
}

const OPTIONS: OptionKeys<FaceFolderOptions> = {
  identities: true,
  imagesPerIdentity: true,
  size: true,
  firstIdentity: true,
  seed: true,
  level: true,
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

const digits = (value: number): string => String(value).padStart(7, '0');

/**
 * Renders faces into `folder/<identity>/<attributes>.png`, with their labels in `folder/faces.jsonl`, one {@link FaceRecord} a line.
 *
 * Image k of identity i has attributes i * imagesPerIdentity + k. Returns the records.
 */
export async function writeFaceFolder(folder: string, options: FaceFolderOptions): Promise<FaceRecord[]> {
  checkOptions('writeFaceFolder', options, OPTIONS);
  const { identities, imagesPerIdentity, size, firstIdentity = 0, seed, level, samples = 2 } = options;
  for (const name of ['identities', 'imagesPerIdentity'] as const)
    checkInteger('writeFaceFolder', name, options[name], 1);
  checkInteger('writeFaceFolder', 'firstIdentity', firstIdentity, 0);
  const records: FaceRecord[] = [];
  for (let identity = firstIdentity; identity < firstIdentity + identities; identity++) {
    const attributes = Uint32Array.from({ length: imagesPerIdentity }, (_, k) => identity * imagesPerIdentity + k);
    const batch = renderFaces({ identities: attributes.map(() => identity), attributes, size, seed, level, samples });
    const images = imagesOf(await batch.floats(), size);
    batch.dispose();
    await mkdir(join(folder, digits(identity)), { recursive: true });
    for (const [k, one] of images.entries()) {
      const key = { identity, attributes: attributes[k] as number, seed, level };
      const file = join(digits(identity), `${digits(key.attributes)}.png`);
      await writePng(join(folder, file), one);
      records.push({
        file,
        identity,
        attributes: key.attributes,
        pose: poseOf(key),
        landmarks: landmarksOf(key, size),
      });
    }
    options.onProgress?.(records.length);
  }
  const lines = records.map((record) => `${JSON.stringify(record)}\n`);
  await saveFile(join(folder, 'faces.jsonl'), Buffer.from(lines.join('')));
  return records;
}

/** An identity of a data set and the paths of its images, sorted. */
export interface FolderIdentity {
  readonly name: string;
  readonly files: readonly string[];
}

/**
 * Lists a data set of identity folders. Folders without PNG images are left out.
 *
 * @throws FileError when the folder cannot be read or holds no identity
 */
export async function listFaceFolder(folder: string): Promise<FolderIdentity[]> {
  const list = async (path: string) =>
    readdir(path, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
      throw new FileError(
        path,
        cause.code === 'ENOENT' ? 'no such folder' : `cannot be listed (${cause.code ?? cause.message})`,
      );
    });
  const identities: FolderIdentity[] = [];
  const entries = (await list(folder)).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  for (const name of entries.sort()) {
    const files = (await list(join(folder, name))).filter((entry) => entry.isFile() && /\.png$/i.test(entry.name));
    if (files.length > 0) identities.push({ name, files: files.map((file) => join(folder, name, file.name)).sort() });
  }
  if (identities.length === 0) throw new FileError(folder, 'holds no identity folders with PNG images');
  return identities;
}

/** Reads an aligned face: a square PNG image, resized to `size`. */
export async function readFace(path: string, size: number): Promise<Image> {
  const face = await readPng(path);
  if (face.width !== face.height) {
    throw new FileError(path, `is ${face.width} x ${face.height}; an aligned face is square`);
  }
  return resizeImage(face, size);
}
