/** @file The data set of a run: who is in it, and how a run that goes on knows it again, wherever it lies now. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { type FaceFolderSurvey, type FolderIdentity, surveyFaceFolder } from '@visage/faces/node';
import { FileError } from '@visage/nn';
import type { CheckpointHeader } from '@visage/simswap';

/** What tells one data set from another: the same wherever the folder lies. */
export interface DataFingerprint {
  readonly people: number;
  readonly pictures: number;
  /** SHA-256 over the names and sizes of all pictures and the bytes of {@link SAMPLED} of them, in hexadecimal. */
  readonly digest: string;
}

/** A data set on the disk. */
export interface DataSet extends FaceFolderSurvey {
  readonly folder: string;
  readonly fingerprint: DataFingerprint;
}

/** What a checkpoint says of the data set. */
export interface StoredDataSet {
  /** Where it lay, absolute. */
  readonly path: string;
  /** The same from the folder of the run: still right when both were moved together. */
  readonly fromRun: string;
  readonly fingerprint: DataFingerprint;
}

/** What `visage train` puts into the notes of a checkpoint beside the settings. */
export interface RunState {
  /** `undefined` for procedural faces, and for checkpoints of before there was one. */
  readonly data?: StoredDataSet;
  /** The run is over and everything in its folder is written. */
  readonly finished: boolean;
}

const SAMPLED = 512; // pictures whose bytes are read: a second on a cold disk, however large the set
const SAMPLED_BYTES = 2 ** 14; // from either end of each
const STATS_AT_ONCE = 64;

/** Looks through a folder of people, and takes its fingerprint. */
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
 * The first and the last bytes of a file; none of one that cannot be read, which its size in the fingerprint stands
 * for.
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

export const sameData = (a: DataFingerprint, b: DataFingerprint): boolean => a.digest === b.digest;

/** What a checkpoint in the folder of a run says of a data set. */
export function storedDataSet({ folder, fingerprint }: DataSet, runFolder: string): StoredDataSet {
  const path = resolve(folder);
  return { path, fromRun: relative(resolve(runFolder), path), fingerprint };
}

/** Where the data of a checkpoint lies: beside the run, as it did, if both were moved together; else where it was. */
export function whereStored({ path, fromRun }: StoredDataSet, runFolder: string): string {
  const beside = join(runFolder, fromRun);
  return existsSync(beside) ? beside : path;
}

/**
 * Throws unless a data set is the one that a checkpoint was trained on.
 *
 * @param source the checkpoint, for the message.
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

/** What the notes of a checkpoint say beside the settings of the run. */
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

const MOST_NAMED = 3; // things left out for one reason

/** What was found, in lines: the number of people and pictures, and what was left out, why. */
export function describeDataSet({ folder, fingerprint, leftOut }: DataSet): string[] {
  const names = new Map<string, string[]>();
  for (const { name, reason } of leftOut) names.set(reason, [...(names.get(reason) ?? []), name]);
  const lines = [...names].map(([reason, all]) => {
    const shown = all.slice(0, MOST_NAMED).join(', ');
    return `  left out: ${shown}${all.length > MOST_NAMED ? ` and ${all.length - MOST_NAMED} more` : ''} (${reason})`;
  });
  return [`${folder}: ${fingerprint.people} people, ${fingerprint.pictures} pictures`, ...lines];
}
