/** @file The one way in which files are written, so that nothing but the file that was named changes. Node only. */
import { constants, write } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { FileError, VisageError } from '../core/errors.ts';
import { type Destination, findDestination } from './destination.ts';

/** Where bytes lie until they are complete; no other program gives files such names. */
const BESIDE = '.visage-part';

const READER_MS = 30_000; // how long the reader of a pipe is waited for
const PORTION = 2 ** 16; // bytes that a pipe of Linux holds

/**
 * Writes a file.
 *
 * A file is replaced as a whole: `<path>.visage-part` beside it is written, synced to the disk, and renamed, so that `path` holds either the old
 * bytes or the new ones whenever the process dies. It keeps its mode and, where that is allowed, its owner. Behind a link the file that it points to is
 * replaced, beside its own place. A pipe or a character device is written into; a pipe without a reader is given 30 s to get one.
 *
 * @throws FileError that names the path and says what to do; nothing is left behind then, and a file that was there is as it was.
 */
export async function saveFile(path: string, bytes: Uint8Array): Promise<void> {
  let place: Destination | undefined;
  try {
    place = await findDestination(path);
    if (place.kind === 'file') await replace(place, bytes);
    else if (place.kind === 'descriptor') await pourInto(place.descriptor, bytes);
    else await pour(place, bytes);
  } catch (cause) {
    const where = place?.path ?? path;
    const behind = where === path ? '' : `; it is a link to ${where}`;
    throw new FileError(path, `cannot be written (${writeProblem(cause, where, bytes.length)})${behind}`);
  }
}

async function replace(
  { path, mode, owner }: Extract<Destination, { kind: 'file' }>,
  bytes: Uint8Array,
): Promise<void> {
  const part = path + BESIDE;
  await rm(part, { force: true }); // of a run that was killed
  const file = await open(part, 'wx'); // never one that somebody else has put there meanwhile
  try {
    await complete(file, bytes, mode, owner);
    const own = await file.stat({ bigint: true });
    const there = await stat(part, { bigint: true });
    if (own.ino !== there.ino || own.dev !== there.dev)
      throw new VisageError('another program is writing the same file; let one of them end first');
    await rename(part, path);
  } catch (cause) {
    await rm(part, { force: true }).catch(() => undefined);
    throw cause;
  } finally {
    await file.close();
  }
  await syncFolder(dirname(path));
}

/** Fills a new file and gives it what the file had that it will replace. */
async function complete(
  file: FileHandle,
  bytes: Uint8Array,
  mode: number | undefined,
  owner: readonly [number, number] | undefined,
): Promise<void> {
  if (owner) await file.chown(...owner).catch(() => undefined); // only an administrator may give files away
  if (mode !== undefined) await file.chmod(mode);
  await file.writeFile(bytes);
  await file.sync();
}

/** Writes into a pipe or device. Neither opening nor writing blocks: a thread that waits for a reader would keep the process from ending. */
async function pour({ kind, path }: Destination, bytes: Uint8Array): Promise<void> {
  const end = performance.now() + READER_MS;
  const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
  const opened = async (): Promise<FileHandle> => {
    for (;;) {
      try {
        return await open(path, flags);
      } catch (cause) {
        const waiting = kind === 'pipe' && (cause as NodeJS.ErrnoException).code === 'ENXIO';
        if (!waiting || performance.now() > end) throw cause;
        await sleep(20);
      }
    }
  };
  const file = await opened();
  try {
    await pourInto(file.fd, bytes);
  } finally {
    await file.close();
  }
}

const writeTo = promisify(write);

/** Writes everything to a descriptor where it stands, portion by portion as its reader takes them. */
async function pourInto(descriptor: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    try {
      const { bytesWritten } = await writeTo(descriptor, bytes, at, Math.min(PORTION, bytes.length - at), null);
      at += bytesWritten;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EAGAIN') throw cause;
      await sleep(1);
    }
  }
}

/** Makes a rename durable; folders cannot be opened everywhere, and there the rename is as durable as it gets. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

/** Why something could not be written at `path`, and what to do about it. */
export function writeProblem(cause: unknown, path: string, length?: number): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  const folder = dirname(path);
  const needed = length === undefined ? '' : `, ${length} bytes are needed`;
  const elsewhere = 'choose another place';
  const advice: Readonly<Record<string, string>> = {
    ENOENT: `there is no folder ${folder}; make it first`,
    ENOTDIR: `${folder} is no folder; ${elsewhere}`,
    EISDIR: 'it is a folder; name a file in it',
    EACCES: `no permission; ${elsewhere}, or change the rights of the file and of its folder ${folder}`,
    EPERM: `no permission; ${elsewhere}, or change the rights of the file and of its folder ${folder}`,
    EROFS: `the file system is read-only; ${elsewhere}`,
    ENOSPC: `the disk is full${needed}; free some space, or ${elsewhere}`,
    EDQUOT: `your share of the disk is used up${needed}; free some space, or ${elsewhere}`,
    EFBIG: `larger than files may be there${needed}; ${elsewhere}`,
    ENAMETOOLONG: 'the name is too long; choose a shorter one',
    ELOOP: `its links lead in a circle; ${elsewhere}`,
    ENXIO: 'nobody reads this pipe; start its reader first',
    EPIPE: 'its reader has gone away before everything was written',
  };
  return code !== undefined && advice[code] ? `${code}: ${advice[code]}` : message;
}
