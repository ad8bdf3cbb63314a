/** @file Where bytes go that are written under a name: to a file, through a link, or into a pipe or device. Node only. */
import { lstat, open, readlink, realpath } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import { VisageError } from '../core/errors.ts';

/** What lies behind a name, links followed. */
export type Destination =
  /** A file, or the name of one that is not there yet; `owner` and `mode` are those of the file that will be replaced. */
  | { readonly kind: 'file'; readonly path: string; readonly mode?: number; readonly owner?: readonly [number, number] }
  | { readonly kind: 'pipe'; readonly path: string }
  | { readonly kind: 'device'; readonly path: string }
  /** A descriptor of this process, such as 1 behind `/dev/stdout`; it may be a socket, which cannot be opened by name. */
  | { readonly kind: 'descriptor'; readonly path: string; readonly descriptor: number };

const MOST_LINKS = 40; // as many as Linux follows
const DESCRIPTORS = /^\/proc\/(\d+)(?:\/task\/\d+)?\/fd$/;

/**
 * Follows the links behind a name, one by one, to what will be written. A last link that points to nothing names the file that it would have.
 *
 * @throws VisageError for a folder, a disk or a socket; the errors of the file system for what cannot be looked at or written.
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
      await (await open(at, 'r+')).close(); // renaming over a file that its owner has made read-only would succeed
      return { kind: 'file', path: at, mode: found.mode & 0o7777, owner: [found.uid, found.gid] };
    }
    if (found.isFIFO()) return { kind: 'pipe', path: at };
    if (found.isCharacterDevice()) return { kind: 'device', path: at };
    if (found.isDirectory()) throw new VisageError('is a folder; name a file in it');
    if (found.isBlockDevice()) throw new VisageError('is a disk, whose contents would be lost; name a file');
    if (!found.isSymbolicLink()) throw new VisageError('is a socket; name a file');
    const folder = await realpath(dirname(at));
    const [, process_] = DESCRIPTORS.exec(folder) ?? [];
    if (process_ !== undefined) return behindDescriptor(at, Number(process_));
    const to = await readlink(at);
    at = isAbsolute(to) ? to : `${folder}/${to}`;
  }
  throw new VisageError(`leads through more than ${MOST_LINKS} links`);
}

/** A link in a folder of open descriptors: not even those that lead to files are replaced, since somebody holds them open. */
function behindDescriptor(path: string, owner: number): Destination {
  const descriptor = Number(path.slice(path.lastIndexOf('/') + 1));
  return owner === process.pid ? { kind: 'descriptor', path, descriptor } : { kind: 'device', path };
}
