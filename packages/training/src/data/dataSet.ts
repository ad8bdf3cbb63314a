/** @file The data set of a run: which people it holds, and how a resumed run recognises it even after it was moved. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { type FaceFolderSurvey, type FolderIdentity, surveyFaceFolder } from '@visage/faces/node';
import { FileError } from '@visage/nn';
import type { CheckpointHeader } from '@visage/simswap';

/** Identifies the content of a data set, independently of where its folder lies. */
export interface DataFingerprint {
  readonly people: number;
  readonly pictures: number;
  /** SHA-256 over the names and sizes of all pictures and the bytes of {@link SAMPLED} of them, in hexadecimal. */
  readonly digest: string;
}

/** A data set on the disk: what the survey of its folder found, and its fingerprint. */
export interface DataSet extends FaceFolderSurvey {
  readonly folder: string;
  readonly fingerprint: DataFingerprint;
}

/** The record of a data set in a checkpoint. */
export interface StoredDataSet {
  /** The absolute path of the folder when the checkpoint was written. */
  readonly path: string;
  /** The path relative to the folder of the run. It stays valid when both folders are moved together. */
  readonly fromRun: string;
  readonly fingerprint: DataFingerprint;
}

/** What `visage train` writes into the notes of a checkpoint in addition to the settings. */
export interface RunState {
  /** `undefined` for procedural faces, and in old checkpoints that did not record their data set. */
  readonly data?: StoredDataSet;
  /** The run is over and everything in its folder is written. */
  readonly finished: boolean;
}

const SAMPLED = 512; // number of pictures whose bytes are read: about a second on a cold disk, however large the set
const SAMPLED_BYTES = 2 ** 14; // bytes read from each end of a sampled picture
const STATS_AT_ONCE = 64;

/** Surveys a folder with one subfolder of pictures per person, and computes its fingerprint. */
export async function openDataSet(folder: string): Promise<DataSet> {
  const survey = await surveyFaceFolder(folder);
  return { ...survey, folder, fingerprint: await fingerprintOf(folder, survey.identities) };
}

async function fingerprintOf(folder: string, identities: readonly FolderIdentity[]): Promise<DataFingerprint> {
  const files = identities.flatMap((person) => person.files);
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
  return { people: identities.length, pictures: files.length, digest: hash.digest('hex') };
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

/** The record of a data set for a checkpoint in the folder of a run. */
export function storedDataSet({ folder, fingerprint }: DataSet, runFolder: string): StoredDataSet {
  const path = resolve(folder);
  return { path, fromRun: relative(resolve(runFolder), path), fingerprint };
}

/**
 * The folder in which the data set of a checkpoint is found: at the stored relative path from the run if that exists,
 * otherwise at the stored absolute path.
 */
export function whereStored({ path, fromRun }: StoredDataSet, runFolder: string): string {
  const beside = join(runFolder, fromRun);
  return existsSync(beside) ? beside : path;
}

/**
 * Checks that a data set is the one that a checkpoint was trained on.
 *
 * @param source the name of the checkpoint, for the error message.
 * @throws FileError when the fingerprints differ.
 */
export function checkSameData(now: DataSet, then: StoredDataSet, source: string): void {
  if (sameData(now.fingerprint, then.fingerprint)) return;
  const count = ({ people, pictures }: DataFingerprint) => `${people} people, ${pictures} pictures`;
  const [here, there] = [count(now.fingerprint), count(then.fingerprint)];
  const differs = here === there ? `${here}, but others` : `${here}, against ${there}`;
  throw new FileError(
    now.folder,
    `is not the data set that ${source} was trained on: ${differs}. Name where that lies now with \`folder\`, or go on with these pictures on purpose with \`allowOtherData\``,
  );
}

/** Reads from the notes of a checkpoint what they hold in addition to the settings of the run. */
export function runStateOf({ notes }: CheckpointHeader): RunState {
  const { data, finished } = (notes ?? {}) as Record<string, unknown>;
  return { ...(isStored(data) && { data }), finished: finished === true };
}

function isStored(value: unknown): value is StoredDataSet {
  const { path, fromRun, fingerprint } = (value ?? {}) as Record<string, unknown>;
  const { people, pictures, digest } = (fingerprint ?? {}) as Record<string, unknown>;
  return (
    [path, fromRun, digest].every((text) => typeof text === 'string') &&
    [people, pictures].every((count) => Number.isSafeInteger(count))
  );
}

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
