/** @file How every file is written, so that nothing but the named file changes. Node only. */
import { constants, write } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { FileError, VisageError } from '../core/errors.ts';
import { type Destination, findDestination } from './destination.ts';

/** The ending of the file that is written before it replaces the named one. */
const BESIDE = '.visage-part';

const READER_MS = 30_000; // how long to wait for the reader of a pipe
const PORTION = 2 ** 16; // bytes that fit into a pipe on Linux

/** The bytes of a file that are made while it is written. */
export interface FileContent {
  /** How many there are. */
  readonly bytes: number;
  /** Calls `take` with piece after piece; each call waits for the one before. */
  pour(take: (piece: Uint8Array<ArrayBuffer>) => Promise<void>): Promise<void>;
}

/** Bytes that are there already, as content. */
const contentOf = (bytes: Uint8Array): FileContent => ({
  bytes: bytes.length,
  pour: (take) => take(bytes as Uint8Array<ArrayBuffer>),
});

/**
 * Writes a file.
 *
 * The bytes are written to `<path>.visage-part`, synced to the disk, and renamed. So if the process dies, `path` has
 * either the old bytes or all of the new ones. The file keeps its mode and, where that is allowed, its owner. If `path`
 * is a link, the file that it points to is replaced. A pipe or a character device is written into; if a pipe has no
 * reader, this waits up to 30 s for one.
 *
 * @throws FileError that names the path and says what to do. An existing file is unchanged then, and no other file is
 * left. What `pour` throws by itself is thrown as it is, and the file is unchanged then, too.
 */
export async function saveFile(path: string, bytes: Uint8Array | FileContent): Promise<void> {
  const content = bytes instanceof Uint8Array ? contentOf(bytes) : bytes;
  let destination: Destination | undefined;
  try {
    destination = await findDestination(path);
    if (destination.kind === 'file') await replace(destination, content);
    else if (destination.kind === 'descriptor') await pourInto(destination.descriptor, content);
    else await writeInto(destination, content);
  } catch (cause) {
    if (cause instanceof Unpoured) throw cause.cause;
    const where = destination?.path ?? path;
    const link = where === path ? '' : `; it is a link to ${where}`;
    throw new FileError(path, `cannot be written (${writeProblem(cause, where, content.bytes)})${link}`);
  }
}

async function replace(
  { path, mode, owner }: Extract<Destination, { kind: 'file' }>,
  content: FileContent,
): Promise<void> {
  const part = path + BESIDE;
  await rm(part, { force: true }); // of a run that was killed
  const file = await open(part, 'wx'); // `x` refuses a file that another program has made meanwhile
  try {
    await complete(file, content, mode, owner);
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

/** Writes the bytes of a new file, and gives it the owner and mode of the file that it will replace. */
async function complete(
  file: FileHandle,
  content: FileContent,
  mode: number | undefined,
  owner: readonly [number, number] | undefined,
): Promise<void> {
  if (owner) await file.chown(...owner).catch(() => undefined); // only an administrator may change the owner
  if (mode !== undefined) await file.chmod(mode);
  await pour(content, (piece) => writePiece(file, piece));
  await file.sync();
}

/**
 * Writes into a pipe or device. Neither opening nor writing blocks, because a thread that waits for a reader would keep
 * the process from exiting.
 */
async function writeInto({ kind, path }: Destination, content: FileContent): Promise<void> {
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
    await pourInto(file.fd, content);
  } finally {
    await file.close();
  }
}

/** Carries an error of the content itself past the errors of the disk. */
class Unpoured extends Error {
  override name = 'Unpoured';
}

/** Pours content. @throws Unpoured for what is no error of `take`. */
async function pour(content: FileContent, take: (piece: Uint8Array) => Promise<void>): Promise<void> {
  let failed: unknown;
  const took = (piece: Uint8Array) =>
    take(piece).catch((cause) => {
      failed = cause;
      throw cause;
    });
  await content.pour(took).catch((cause) => {
    throw failed ?? new Unpoured('the content of the file could not be made', { cause });
  });
}

/** The part of a file that {@link writePiece} uses. */
export interface PieceTarget {
  write(bytes: Uint8Array, offset: number, length: number): Promise<{ readonly bytesWritten: number }>;
}

/**
 * Writes all bytes at the current position of a file. They may be memory that a device is mapped to; a system that
 * cannot write from such memory (EFAULT) gets a copy of it.
 */
export async function writePiece(file: PieceTarget, piece: Uint8Array): Promise<void> {
  let bytes = piece;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += (await file.write(bytes, at, bytes.length - at)).bytesWritten;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EFAULT' || bytes !== piece) throw cause;
      bytes = piece.slice();
    }
  }
}

const pourInto = (descriptor: number, content: FileContent): Promise<void> =>
  pour(content, (piece) => writeAll(descriptor, piece));

const writeTo = promisify(write);

/** Writes all bytes to a descriptor, from its current position on, portion by portion as its reader takes them. */
async function writeAll(descriptor: number, bytes: Uint8Array): Promise<void> {
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

/**
 * Syncs a folder to the disk, which makes a rename in it durable. Some systems cannot open folders; there nothing
 * happens.
 */
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
