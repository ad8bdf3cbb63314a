/** @file The data set of a run: whose faces it holds, where they lie, and what tells it from another one. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { type LeftOut, surveyFaceFolder } from '@visage/faces/node';
import type { TemplateName } from '@visage/photos';
import type { FacePlace } from '@visage/photos/node';
import { openedFaceSet } from './faceSet.ts';

/** Identifies the content of a data set, independently of where its folder lies. */
export interface DataFingerprint {
  readonly people: number;
  readonly pictures: number;
  /**
   * In hexadecimal: the digest of a set; for a folder of pictures SHA-256 over the names and sizes of all of them and
   * the bytes of {@link SAMPLED} of them.
   */
  readonly digest: string;
}

/** A person of a data set, and the numbers of their faces. */
export interface DataPerson {
  readonly name: string;
  readonly faces: ArrayLike<number>;
}

/** Aligned faces of people on the disk, whatever holds them: a set of `visage dataset`, or a folder of pictures. */
export interface DataSet {
  readonly folder: string;
  readonly fingerprint: DataFingerprint;
  /** In the order of their names. */
  readonly people: readonly DataPerson[];
  readonly leftOut: readonly LeftOut[];
  /** How the faces are aligned; a folder of pictures does not say it. */
  readonly template?: TemplateName;
  /** Where the file of a face lies. */
  place(face: number): FacePlace;
}

/** What counts as a picture in a folder of pictures, by the ending of its name. */
const FORMATS = ['png', 'jpg', 'jpeg', 'webp'] as const;

const SAMPLED = 512; // number of pictures whose bytes are read: about a second on a cold disk, however large the set
const SAMPLED_BYTES = 2 ** 14; // bytes read from each end of a sampled picture
const STATS_AT_ONCE = 64;

/**
 * Opens a set that `visage dataset` wrote, or a folder with one subfolder of square pictures per person.
 *
 * @throws FileError when there is neither.
 */
export const openDataSet = (folder: string): Promise<DataSet> =>
  existsSync(join(folder, 'set.json')) ? openedFaceSet(folder) : openFolder(folder);

async function openFolder(folder: string): Promise<DataSet> {
  const { identities, leftOut } = await surveyFaceFolder(folder, FORMATS);
  const files = identities.flatMap((person) => person.files);
  let next = 0;
  const people = identities.map(({ name, files: own }) => ({ name, faces: own.map(() => next++) }));
  return {
    folder,
    people,
    leftOut,
    fingerprint: { people: people.length, pictures: files.length, digest: await digestOf(folder, files) },
    place: (face) => ({ name: relative(folder, files[face] as string), file: files[face] as string }),
  };
}

async function digestOf(folder: string, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (let from = 0; from < files.length; from += STATS_AT_ONCE) {
    const some = files.slice(from, from + STATS_AT_ONCE);
    const sizes = await Promise.all(
      some.map((file) =>
        stat(file).then(
          ({ size }) => size,
          () => -1,
        ),
      ),
    );
    for (const [k, file] of some.entries())
      hash.update(`${relative(folder, file).split(sep).join('/')}\0${sizes[k]}\n`);
  }
  const stride = Math.ceil(files.length / SAMPLED);
  for (let k = 0; k < files.length; k += stride) hash.update(await endsOf(files[k] as string));
  return hash.digest('hex');
}

/**
 * The first and the last {@link SAMPLED_BYTES} bytes of a file. Empty for a file that cannot be read; the fingerprint
 * then holds only its name and size.
 */
async function endsOf(path: string): Promise<Uint8Array> {
  const file = await open(path).catch(() => undefined);
  if (!file) return new Uint8Array();
  try {
    const { size } = await file.stat();
    const bytes = new Uint8Array(Math.min(size, 2 * SAMPLED_BYTES));
    const head = Math.min(size, SAMPLED_BYTES);
    await file.read(bytes, 0, head, 0);
    await file.read(bytes, head, bytes.length - head, size - (bytes.length - head));
    return bytes;
  } catch {
    return new Uint8Array();
  } finally {
    await file.close();
  }
}

/** Whether two fingerprints are those of the same data set. */
export const sameData = (a: DataFingerprint, b: DataFingerprint): boolean => a.digest === b.digest;

const MOST_NAMED = 3; // names listed for each reason why files were left out

/**
 * Describes a data set in lines: first the number of people and pictures, then the files that were left out, by reason.
 */
export function describeDataSet({ folder, fingerprint, leftOut }: DataSet): string[] {
  const names = new Map<string, string[]>();
  for (const { name, reason } of leftOut) names.set(reason, [...(names.get(reason) ?? []), name]);
  const lines = [...names].map(([reason, all]) => {
    const shown = all.slice(0, MOST_NAMED).join(', ');
    return `  left out: ${shown}${all.length > MOST_NAMED ? ` and ${all.length - MOST_NAMED} more` : ''} (${reason})`;
  });
  return [`${folder}: ${fingerprint.people} people, ${fingerprint.pictures} pictures`, ...lines];
}
