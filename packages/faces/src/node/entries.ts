/** @file What lies in a folder, behind links, and which of it belongs to nobody: the rules of every data set. */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Folders that operating systems, cameras, network storage and archives create, in lower case. Names that begin with a
 * dot are left out anyway.
 */
const NOBODY: ReadonlySet<string> = new Set([
  '__macosx',
  '@eadir',
  '@__thumb',
  '@recycle',
  '@recently-snapshot',
  '#recycle',
  '#snapshot',
  '$recycle.bin',
  'lost+found',
  'paxheader',
  'paxheaders',
  'system volume information',
  'thumbnails',
  'thumbs',
]);

/**
 * Why a file or folder of this name is left out; `undefined` if it is not. macOS puts `._x.png` beside `x.png` on
 * foreign disks and into archives, which is not a picture, whatever its name says.
 */
export function whyLeftOut(name: string): string | undefined {
  if (name.startsWith('._')) return 'metadata of macOS';
  if (name.startsWith('.')) return 'hidden';
  return NOBODY.has(name.toLowerCase()) || /^paxheaders?\./i.test(name)
    ? 'left behind by a system or an archive'
    : undefined;
}

/** An entry of a folder behind its symbolic links. */
export interface Entry {
  readonly name: string;
  readonly kind: 'folder' | 'file' | 'other';
  /** Why it cannot be used, if so. */
  readonly problem?: string;
}

/**
 * The entries of a folder in the order of their names. Where links lead to an entry of the same folder, the entry
 * counts and not its links; of several links to one place elsewhere, the first counts.
 */
export async function entriesOf(folder: string): Promise<Entry[]> {
  const listed = (await readdir(folder, { withFileTypes: true })).sort(byName);
  if (!listed.some((entry) => entry.isSymbolicLink()))
    return listed.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
  const here = await realpath(folder);
  const taken = new Map<string, string>([[here, '.']]);
  for (const entry of listed) if (!entry.isSymbolicLink()) taken.set(join(here, entry.name), entry.name);
  const entries: Entry[] = [];
  for (const entry of listed) {
    const { name } = entry;
    if (!entry.isSymbolicLink()) {
      entries.push({ name, kind: kindOf(entry) });
      continue;
    }
    const path = join(folder, name);
    const [real, status] = await Promise.all([realpath(path), stat(path)]).catch(() => []);
    if (real === undefined || status === undefined) {
      entries.push({ name, kind: 'other', problem: 'a link to nothing' });
      continue;
    }
    const same = taken.get(real) ?? (`${here}/`.startsWith(`${real}/`) ? '..' : undefined);
    taken.set(real, same ?? name);
    const problem = same === undefined ? {} : { problem: `a link to ${same}, which is here already` };
    entries.push({ name, kind: kindOf(status), ...problem });
  }
  return entries;
}

const byName = (a: Dirent, b: Dirent): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

const kindOf = (entry: Pick<Dirent, 'isDirectory' | 'isFile'>): Entry['kind'] =>
  entry.isDirectory() ? 'folder' : entry.isFile() ? 'file' : 'other';
