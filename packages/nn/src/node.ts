/** @file Weight files on disk, for Node. */
import { readFile, stat } from 'node:fs/promises';
import { FileError } from './files/header.ts';
import { readSafetensors, type SafetensorsFile } from './files/safetensors.ts';

export { type FileContent, saveFile } from '@visage/gpu/node';

const MAX_FILE_BYTES = 2 ** 31 - 1; // what one Node buffer is sure to hold

/** Reads the bytes of a file; errors are one line that names it. */
export async function loadFile(path: string): Promise<Uint8Array> {
  const status = await stat(path).catch(() => undefined);
  if (!status) throw new FileError(path, 'no such file');
  if (!status.isFile()) throw new FileError(path, 'is not a file');
  if (status.size > MAX_FILE_BYTES)
    throw new FileError(path, `is ${status.size} bytes long, more than the 2 GiB that can be read`);
  return readFile(path).catch((cause: Error) => {
    throw new FileError(path, `cannot be read (${cause.message})`);
  });
}

/** Reads a safetensors file from disk. */
export const loadSafetensors = async (path: string): Promise<SafetensorsFile> =>
  readSafetensors(await loadFile(path), path);

/** What {@link checkOutput} holds an output against. */
export interface OutputRules {
  /** What is read to make it: none of these is overwritten. */
  readonly inputs?: readonly (string | undefined)[];
  /** The endings that say what is written, such as `.png`; their case does not matter. */
  readonly endings?: readonly string[];
}

/**
 * Checks the name of a file before the work for it begins.
 *
 * A pipe or device has a name of its own, so its ending counts only where there are several formats to choose from.
 *
 * @throws FileError when the output is one of the inputs, by whatever name, link or hard link; or when its ending names
 * another format.
 */
export async function checkOutput(path: string, { inputs = [], endings = [] }: OutputRules): Promise<void> {
  const there = await stat(path, { bigint: true }).catch(() => undefined);
  const named = endings.length === 0 || endings.some((ending) => path.toLowerCase().endsWith(ending));
  const stream = endings.length === 1 && (there?.isFIFO() || there?.isCharacterDevice());
  if (!named && !stream)
    throw new FileError(path, `the ending of a file says what it holds; name it ${endings.join(' or ')}`);
  if (!there?.isFile()) return;
  for (const input of inputs) {
    const read = input === undefined ? undefined : await stat(input, { bigint: true }).catch(() => undefined);
    if (read?.ino === there.ino && read.dev === there.dev) {
      const same = path === input ? 'it is the input' : `it is the same file as the input ${input}`;
      throw new FileError(path, `is not written, since ${same}, which would be lost; choose another name`);
    }
  }
}
