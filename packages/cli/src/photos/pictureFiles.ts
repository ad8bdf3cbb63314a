import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { VisageError } from '@visage/gpu';
import { pictureEndings } from '@visage/photos';

/** Endings of files that are pictures, in lower case. GIF is read, and never written. */
const ENDINGS = [...pictureEndings, '.gif'];

const isPicture = (name: string): boolean => ENDINGS.some((ending) => name.toLowerCase().endsWith(ending));

/** The pictures of a folder and of the folders in it, sorted; hidden ones are left out, links followed. */
async function picturesIn(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const name of (await readdir(folder)).sort()) {
    if (name.startsWith('.')) continue;
    const path = join(folder, name);
    const kind = await stat(path).catch(() => undefined); // a link to nothing is no picture
    if (kind?.isDirectory()) files.push(...(await picturesIn(path)));
    else if (kind?.isFile() && isPicture(name)) files.push(path);
  }
  return files;
}

/**
 * The picture files that a user named: files as they are, and for folders all pictures in them by the ending of their
 * names. Each once, in the order in which they were named.
 *
 * @throws VisageError for a folder without pictures; an error of the file system for what does not exist.
 */
export async function pictureFiles(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    if (!(await stat(path)).isDirectory()) {
      files.push(path);
      continue;
    }
    const inside = await picturesIn(path);
    if (inside.length === 0)
      throw new VisageError(`${path}: no pictures in this folder; pictures end with ${ENDINGS.join(', ')}`);
    files.push(...inside);
  }
  return [...new Set(files)];
}
