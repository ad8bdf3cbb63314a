/** @file Which folders of a data set are people, and which files are their pictures. */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FileError } from '@visage/nn';

/** An identity of a data set and the paths of its images, sorted. */
export interface FolderIdentity {
  readonly name: string;
  readonly files: readonly string[];
}

/** Something that lies in a data set and is no person and no picture of one. */
export interface LeftOut {
  /** Path from the folder of the data set. */
  readonly name: string;
  readonly reason: string;
}

/** The people of a data set, and what was left out of it. */
export interface FaceFolderSurvey {
  readonly identities: readonly FolderIdentity[];
  readonly leftOut: readonly LeftOut[];
}

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
function whyLeftOut(name: string): string | undefined {
  if (name.startsWith('._')) return 'metadata of macOS';
  if (name.startsWith('.')) return 'hidden';
  return NOBODY.has(name.toLowerCase()) || /^paxheaders?\./i.test(name)
    ? 'left behind by a system or an archive'
    : undefined;
}

/** An entry of a folder behind its symbolic links. */
interface Entry {
  readonly name: string;
  readonly kind: 'folder' | 'file' | 'other';
  /** Why it cannot be used, if so. */
  readonly problem?: string;
}

/**
 * Looks through a data set of identity folders: every folder in it that holds images is a person. Symbolic links to
 * folders and to files are followed.
 *
 * Left out, with the reason: hidden folders and files, what systems and archives leave behind, folders without images,
 * folders that cannot be read, links to nothing, and links to what is in the set already, since two names of
 * one person would make pairs of different people that show the same one.
 *
 * @param formats what images are, by the endings of their names in lower case.
 * @throws FileError when the folder itself cannot be read, or holds no person.
 */
export async function surveyFaceFolder(
  folder: string,
  formats: readonly string[] = ['png'],
): Promise<FaceFolderSurvey> {
  const entries = await entriesOf(folder).catch((cause: NodeJS.ErrnoException) => {
    const gone = cause.code === 'ENOENT';
    throw new FileError(folder, gone ? 'no such folder' : `cannot be listed (${cause.code ?? cause.message})`);
  });
  const identities: FolderIdentity[] = [];
  const leftOut: LeftOut[] = [];
  for (const { name, kind, problem } of entries) {
    const reason = problem ?? (kind === 'folder' ? whyLeftOut(name) : undefined);
    if (reason !== undefined) leftOut.push({ name, reason });
    else if (kind === 'folder') {
      const files = await picturesIn(folder, name, formats, leftOut);
      if (files.length > 0) identities.push({ name, files });
    } else if (hasFormat(name, formats)) leftOut.push({ name, reason: 'lies in no identity folder' });
  }
  if (identities.length === 0) throw new FileError(folder, `holds no identity folders with ${inWords(formats)} images`);
  return { identities, leftOut };
}

/** The people of {@link surveyFaceFolder}. */
export const listFaceFolder = async (folder: string): Promise<FolderIdentity[]> => [
  ...(await surveyFaceFolder(folder)).identities,
];

const hasFormat = (name: string, formats: readonly string[]): boolean =>
  formats.includes(/\.(\w+)$/.exec(name.toLowerCase())?.[1] ?? '');
const inWords = (formats: readonly string[]): string => formats.map((format) => format.toUpperCase()).join(', ');
const isPicture = (name: string): boolean => /\.(png|jpe?g|webp|gif|bmp|tiff?|avif|heic)$/i.test(name);

/** The pictures of a person, sorted; what else lies there goes to `leftOut`. */
async function picturesIn(
  folder: string,
  person: string,
  formats: readonly string[],
  leftOut: LeftOut[],
): Promise<string[]> {
  const files: string[] = [];
  let others = 0;
  let entries: Entry[];
  try {
    entries = await entriesOf(join(folder, person));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    leftOut.push({ name: person, reason: `cannot be listed (${code ?? message})` });
    return [];
  }
  for (const { name, kind, problem } of entries) {
    const wanted = hasFormat(name, formats);
    if (kind === 'file' && !wanted && isPicture(name) && !whyLeftOut(name)) others += 1;
    if (!wanted) continue;
    const reason = problem ?? whyLeftOut(name) ?? (kind === 'file' ? undefined : 'is no file');
    if (reason === undefined) files.push(join(folder, person, name));
    else leftOut.push({ name: join(person, name), reason });
  }
  if (others > 0) leftOut.push({ name: person, reason: `${others} pictures are no ${inWords(formats)} files` });
  else if (files.length === 0) leftOut.push({ name: person, reason: `holds no ${inWords(formats)} images` });
  return files;
}

/**
 * The entries of a folder in the order of their names. Where links lead to an entry of the same folder, the entry
 * counts and not its links; of several links to one place elsewhere, the first counts.
 */
async function entriesOf(folder: string): Promise<Entry[]> {
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
