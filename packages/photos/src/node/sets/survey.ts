/** @file Which files of a folder are pictures, and who is in them as far as the folders or a list say. */
import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Entry, entriesOf, whyLeftOut } from '@visage/faces/node';
import { FileError } from '@visage/nn';
import type { LeftOutFace } from '../../sets/face.ts';

/**
 * How pictures say who is in them. `people`: each folder that holds pictures is a person. `flat`: they do not say.
 * `list`: a text file names a picture and its person in each line.
 */
export type PictureLayout = 'people' | 'flat' | 'list';

/** A picture that a data set may be made of. */
export interface FoundPicture {
  /** The path from the folder, with `/` between its parts. */
  readonly source: string;
  readonly file: string;
  readonly person?: string;
}

/** What was found in a folder. */
export interface PictureSurvey {
  readonly layout: PictureLayout;
  /** In the order of people, then of names. */
  readonly pictures: readonly FoundPicture[];
  readonly leftOut: readonly LeftOutFace[];
}

const PICTURE = /\.(png|jpe?g|jfif|webp|avif|gif|tiff?|bmp|heic|heif)$/i;
const DEEPEST = 16; // folders inside each other

/**
 * Looks for pictures in a folder and the folders in it. Links are followed; what is reached twice counts once. Hidden
 * files and folders, and what systems leave behind (thumbnails, `._` files), are left out with their reason.
 *
 * The layout is `flat` if pictures lie only in the folder itself, `people` if folders in it hold them. A person is
 * called by the path of the folder, so VGGFace2's people are `train/n000002` and so on. `path` may also be a text file
 * of lines `picture<TAB>person`, whose paths count from the file's folder.
 *
 * @param layout insists on `people` or `flat`.
 * @throws FileError if the folder cannot be read or holds no pictures, or for a line without a person.
 */
export async function surveyPictures(path: string, layout?: 'people' | 'flat'): Promise<PictureSurvey> {
  const status = await stat(path).catch(() => undefined);
  if (!status) throw new FileError(path, 'no such folder or list');
  if (status.isFile()) return readList(path);
  const found: FoundPicture[] = [];
  const leftOut: LeftOutFace[] = [];
  await walk({ root: path, found, leftOut, seen: new Set([await realpath(path)]) }, '', 0);
  const inside = found.filter(({ person }) => person !== undefined);
  const kind = layout ?? (inside.length > 0 ? 'people' : 'flat');
  if (found.length === 0) throw new FileError(path, 'holds no pictures');
  if (kind === 'flat') {
    const pictures = found.map(({ source, file }): FoundPicture => ({ source, file }));
    return { layout: kind, pictures: pictures.sort(inOrder), leftOut };
  }
  if (inside.length === 0) throw new FileError(path, 'has no folders with pictures, one for each person');
  for (const { source, person } of found)
    if (person === undefined) leftOut.push({ source, reason: 'lies in no folder of a person' });
  return { layout: kind, pictures: inside.sort(inOrder), leftOut };
}

const compared = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const inOrder = (a: FoundPicture, b: FoundPicture): number =>
  compared(a.person ?? '', b.person ?? '') || compared(a.source, b.source);

interface Walk {
  readonly root: string;
  readonly found: FoundPicture[];
  readonly leftOut: LeftOutFace[];
  /** The real paths of the folders that were looked through. */
  readonly seen: Set<string>;
}

async function walk(state: Walk, folder: string, depth: number): Promise<void> {
  let entries: Entry[];
  try {
    entries = await entriesOf(join(state.root, folder));
  } catch (cause) {
    if (folder === '') throw new FileError(state.root, `cannot be listed (${(cause as Error).message})`);
    state.leftOut.push({ source: folder, reason: `cannot be listed (${(cause as NodeJS.ErrnoException).code})` });
    return;
  }
  for (const { name, kind, problem } of entries) {
    const source = folder === '' ? name : `${folder}/${name}`;
    const file = join(state.root, source);
    const listed = kind === 'folder' || PICTURE.test(name) || problem !== undefined;
    const reason = problem ?? (listed ? whyLeftOut(name) : undefined);
    if (reason !== undefined) state.leftOut.push({ source, reason });
    else if (kind === 'folder') {
      const real = await realpath(file);
      if (state.seen.has(real)) state.leftOut.push({ source, reason: 'leads to a folder that is here already' });
      else if (depth === DEEPEST) state.leftOut.push({ source, reason: `lies more than ${DEEPEST} folders deep` });
      else {
        state.seen.add(real);
        await walk(state, source, depth + 1);
      }
    } else if (kind === 'file' && PICTURE.test(name))
      state.found.push({ source, file, ...(folder !== '' && { person: folder }) });
  }
}

/** Reads a list of lines `picture<TAB>person`. Empty lines, and lines that begin with `#`, are passed over. */
async function readList(path: string): Promise<PictureSurvey> {
  const pictures: FoundPicture[] = [];
  const lines = (await readFile(path, 'utf8')).split(/\r?\n/);
  const known = new Set<string>();
  for (const [k, line] of lines.entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const [source, person, ...more] = line.split('\t');
    if (!source || !person || more.length > 0)
      throw new FileError(path, `line ${k + 1} is '${line.slice(0, 80)}', expected a picture, a tab and a person`);
    if (known.has(source)) throw new FileError(path, `line ${k + 1} names ${source} a second time`);
    known.add(source);
    pictures.push({ source, file: resolve(dirname(path), source), person });
  }
  if (pictures.length === 0) throw new FileError(path, 'names no pictures');
  return { layout: 'list', pictures: pictures.sort(inOrder), leftOut: [] };
}

/** Identifies what a survey found: SHA-256 of the pictures' paths and people. */
export function surveyDigest({ layout, pictures }: PictureSurvey): string {
  const hash = createHash('sha256').update(layout);
  for (const { source, person = '' } of pictures) hash.update(`\n${source}\t${person}`);
  return hash.digest('hex');
}
