/**
 * @file What a path leads to that is going to be written: a file, perhaps through links, a pipe or a device. Node only.
 */
import { lstat, open, readlink, realpath } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import { VisageError } from '../core/errors.ts';

/** What a path leads to when its links are followed. */
export type Destination =
  /** A file, which may not exist yet. `owner` and `mode` are those of the file that will be replaced. */
  | { readonly kind: 'file'; readonly path: string; readonly mode?: number; readonly owner?: readonly [number, number] }
  | { readonly kind: 'pipe'; readonly path: string }
  | { readonly kind: 'device'; readonly path: string }
  /**
   * A descriptor of this process, such as 1 for `/dev/stdout`. It may be a socket, which cannot be opened by its path.
   */
  | { readonly kind: 'descriptor'; readonly path: string; readonly descriptor: number };

const MOST_LINKS = 40; // as many as Linux follows
const DESCRIPTORS = /^\/proc\/(\d+)(?:\/task\/\d+)?\/fd$/;

/**
 * Follows the links of a path, one by one, to what will be written. If the last link points to nothing, that file will
 * be made.
 *
 * @throws VisageError for a folder, a disk or a socket; an error of the file system for what cannot be read or written.
 */
export async function findDestination(path: string): Promise<Destination> {
  let at = path;
  for (let links = 0; links <= MOST_LINKS; links++) {
    const found = await lstat(at).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return undefined;
      throw cause;
    });
    if (!found) return { kind: 'file', path: at };
    if (found.isFile()) {
      await (await open(at, 'r+')).close(); // throws for a read-only file, which a rename would replace all the same
      return { kind: 'file', path: at, mode: found.mode & 0o7777, owner: [found.uid, found.gid] };
    }
    if (found.isFIFO()) return { kind: 'pipe', path: at };
    if (found.isCharacterDevice()) return { kind: 'device', path: at };
    if (found.isDirectory()) throw new VisageError('is a folder; name a file in it');
    if (found.isBlockDevice()) throw new VisageError('is a disk, whose contents would be lost; name a file');
    if (!found.isSymbolicLink()) throw new VisageError('is a socket; name a file');
    const folder = await realpath(dirname(at));
    const [, process_] = DESCRIPTORS.exec(folder) ?? [];
    if (process_ !== undefined) return descriptorDestination(at, Number(process_));
    const to = await readlink(at);
    at = isAbsolute(to) ? to : `${folder}/${to}`;
  }
  throw new VisageError(`leads through more than ${MOST_LINKS} links`);
}

/**
 * The destination of a link in a process's folder of open descriptors. Even if it leads to a file, the file is not
 * replaced, because the process has it open.
 */
function descriptorDestination(path: string, owner: number): Destination {
  const descriptor = Number(path.slice(path.lastIndexOf('/') + 1));
  return owner === process.pid ? { kind: 'descriptor', path, descriptor } : { kind: 'device', path };
}
