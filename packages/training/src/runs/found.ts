/** @file The data sets of a resumed run: found by their content, wherever their folders lie now. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { VisageError } from '@visage/gpu';
import type { CheckpointHeader } from '@visage/simswap';
import { type DataSet, openDataSet, sameData } from '../data/dataSet.ts';
import { checkSameData, runStateOf, type StoredDataSet, whereStored } from '../data/stored.ts';
import { foldersOf, type RunSettings } from '../settings/settings.ts';
import { type OpenedData, openedData, type SourceChanges } from './sources.ts';

/** The data sets of a resumed run. */
export interface FoundAgain {
  readonly dataSets: readonly OpenedData[];
  /** What the user must know before the run goes on. */
  readonly warning?: string;
}

/**
 * Opens the data sets of a checkpoint. Each is one of the folders that the caller names, by its content, or else lies
 * where the checkpoint says.
 *
 * @throws FileError when a data set is another one now, unless `allowOtherData` is set: then the named folders replace
 *   the data sets that are not among them, in order.
 * @throws VisageError when a data set is not found, or a folder is named for a run that has no use for it.
 */
export async function foundAgain(
  path: string,
  header: Pick<CheckpointHeader, 'notes'>,
  saved: Pick<RunSettings, 'data' | 'heldOut' | 'imageSize'>,
  { folders = [], allowOtherData = false }: SourceChanges,
): Promise<FoundAgain> {
  const before = foldersOf(saved);
  if (folders.length > before.length) {
    const what = before.length === 0 ? 'procedural faces' : `${before.length} data sets`;
    throw new VisageError(
      `${path}: was trained on ${what} and cannot go on with ${folders.join(', ')}; leave \`folders\` out`,
    );
  }
  const { dataSets: stored } = runStateOf(header);
  const named: DataSet[] = [];
  for (const folder of folders) named.push(await openDataSet(resolve(folder)));
  const take = (fits: (dataSet: DataSet) => boolean): DataSet | undefined => {
    const at = named.findIndex(fits);
    return at < 0 ? undefined : named.splice(at, 1)[0];
  };
  const matched = before.map((_, k) => take(({ fingerprint }) => isSame(fingerprint, stored[k])));
  const found: OpenedData[] = [];
  const warnings: string[] = [];
  for (const [k, folder] of before.entries()) {
    const then = stored[k];
    const dataSet = matched[k] ?? take(() => true) ?? (await whereItLay(path, folder, then));
    if (!then) warnings.push(`${path} does not say which pictures it was trained on; these are not compared`);
    else if (!sameData(dataSet.fingerprint, then.fingerprint)) {
      if (!allowOtherData) checkSameData(dataSet, then, path);
      warnings.push(changed(then));
    }
    const same = then !== undefined && sameData(dataSet.fingerprint, then.fingerprint);
    found.push(openedData(dataSet, saved, same ? then.heldOut : undefined));
  }
  return { dataSets: found, ...(warnings.length > 0 && { warning: warnings.join('; ') }) };
}

const isSame = (now: DataSet['fingerprint'], then: StoredDataSet | undefined): boolean =>
  then !== undefined && sameData(now, then.fingerprint);

async function whereItLay(path: string, folder: string, then: StoredDataSet | undefined): Promise<DataSet> {
  const where = then ? whereStored(then, dirname(path)) : folder;
  if (!existsSync(where))
    throw new VisageError(
      `${path}: its data set lay in ${where}, where there is nothing now; name it with \`folders\``,
    );
  return openDataSet(resolve(where));
}

const changed = ({ path, fingerprint: { people, pictures } }: StoredDataSet): string =>
  `the data set changed here: before, ${people} people, ${pictures} pictures in ${path}; other people may be held out now`;
