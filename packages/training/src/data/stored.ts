/** @file What a checkpoint records of its data sets, so that a resumed run finds and recognises them after a move. */
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { FileError } from '@visage/nn';
import type { TemplateName } from '@visage/photos';
import type { CheckpointHeader } from '@visage/simswap';
import { type DataFingerprint, type DataSet, sameData } from './dataSet.ts';

/** The record of a data set in a checkpoint. */
export interface StoredDataSet {
  /** The absolute path of the folder when the checkpoint was written. */
  readonly path: string;
  /** The path relative to the folder of the run. It stays valid when both folders are moved together. */
  readonly fromRun: string;
  readonly fingerprint: DataFingerprint;
  /** The names of the people on whom the run does not train. */
  readonly heldOut: readonly string[];
  /** How its faces are aligned, if it says so: `trainedTemplate` of photos reads it. */
  readonly template?: TemplateName;
}

/** What `visage train` writes into the notes of a checkpoint in addition to the settings. */
export interface RunState {
  /** One for each data set on the disk, in the order of the settings. */
  readonly dataSets: readonly StoredDataSet[];
  /** The run is over and everything in its folder is written. */
  readonly finished: boolean;
}

/** The record of a data set for a checkpoint in the folder of a run. */
export function storedDataSet(
  { folder, fingerprint, template }: DataSet,
  heldOut: readonly string[],
  runFolder: string,
): StoredDataSet {
  const path = resolve(folder);
  return { path, fromRun: relative(resolve(runFolder), path), fingerprint, heldOut, ...(template && { template }) };
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
    `is not the data set that ${source} was trained on: ${differs}. Name where that lies now with \`folders\`, or go on with these pictures on purpose with \`allowOtherData\``,
  );
}

/** Reads from the notes of a checkpoint what they hold in addition to the settings of the run. */
export function runStateOf({ notes }: Pick<CheckpointHeader, 'notes'>): RunState {
  const { dataSets, finished } = (notes ?? {}) as Record<string, unknown>;
  return {
    dataSets: Array.isArray(dataSets) && dataSets.every(isStored) ? dataSets : [],
    finished: finished === true,
  };
}

function isStored(value: unknown): value is StoredDataSet {
  const { path, fromRun, fingerprint, heldOut } = (value ?? {}) as Record<string, unknown>;
  const { people, pictures, digest } = (fingerprint ?? {}) as Record<string, unknown>;
  return (
    [path, fromRun, digest].every((text) => typeof text === 'string') &&
    [people, pictures].every((count) => Number.isSafeInteger(count)) &&
    Array.isArray(heldOut) &&
    heldOut.every((name) => typeof name === 'string')
  );
}
