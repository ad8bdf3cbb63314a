/** @file Weight files on disk, for Node. */
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FileError } from './files/header.ts';
import { readSafetensors, type SafetensorsFile } from './files/safetensors.ts';

const MAX_FILE_BYTES = 2 ** 31 - 1; // what one Node buffer is sure to hold

/** Reads the bytes of a file; errors are one line that names it. */
export async function loadFile(path: string): Promise<Uint8Array> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new FileError(path, 'no such file');
  if (!found.isFile()) throw new FileError(path, 'is not a file');
  if (found.size > MAX_FILE_BYTES)
    throw new FileError(path, `is ${found.size} bytes long, more than the 2 GiB that can be read`);
  return readFile(path).catch((cause: Error) => {
    throw new FileError(path, `cannot be read (${cause.message})`);
  });
}

/** Reads a safetensors file from disk. */
export const loadSafetensors = async (path: string): Promise<SafetensorsFile> =>
  readSafetensors(await loadFile(path), path);

/**
 * Replaces a file as a whole: writes `<path>.part` beside it, syncs it to the disk, and renames it.
 *
 * Whenever the process dies, `path` holds either the old bytes or the new ones.
 */
export async function saveFile(path: string, bytes: Uint8Array): Promise<void> {
  const part = `${path}.part`;
  try {
    const file = await open(part, 'w');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
  } catch (cause) {
    await rm(part, { force: true }).catch(() => undefined);
    throw new FileError(path, `cannot be written (${(cause as Error).message})`);
  }
  await syncFolder(dirname(path));
}

/** Makes a rename durable; folders cannot be opened everywhere, and there the rename is as durable as it gets. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}
