/** @file Which folders of a data set are people, and which files are their pictures. */
import { join } from 'node:path';
import { FileError } from '@visage/nn';
import { type Entry, entriesOf, whyLeftOut } from './entries.ts';

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
