/**
 * @file Allows only one training at a time in a folder. Two trainings that wrote the same log, samples and checkpoint
 * would leave a mixture of both. The first training therefore creates a file `run.lock` that identifies its process,
 * and a second one is refused. The file is created with O_EXCL, which succeeds for only one of several competing
 * processes.
 *
 * A killed run leaves its lock behind. On the same host the next run can see that the process no longer exists, and
 * takes the lock over.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { FileError } from '@visage/gpu';

/** The process that trains in a folder. */
interface Holder {
  readonly host: string;
  readonly pid: number;
  /** Start of the training, in ISO 8601. */
  readonly since: string;
  /**
   * Start of the process as the operating system reports it, which tells it apart from a later process with the same
   * number. `null` where the system does not report it.
   */
  readonly processStart: string | null;
}

const NAME = 'run.lock';
/** Milliseconds after which an unreadable lock is read again, because its creator may still be writing it. */
const WRITING_MS = 200;

/** The exclusive right to write into the folder of a run. */
export class RunLock {
  /** A line that names the previous owner, if the lock was taken over from a process that no longer exists. */
  readonly note: string | undefined;
  readonly #path: string;
  readonly #text: string;

  private constructor(path: string, text: string, note: string | undefined) {
    this.#path = path;
    this.#text = text;
    this.note = note;
  }

  /**
   * Takes the lock of an existing folder.
   *
   * @throws FileError when another training holds the lock, or held it on another host. Whether a process on another
   * host is still running cannot be determined from here.
   */
  static async take(folder: string): Promise<RunLock> {
    const path = join(folder, NAME);
    const since = new Date().toISOString();
    const holder: Holder = { host: hostname(), pid: process.pid, since, processStart: processStart(process.pid) };
    const text = `${JSON.stringify(holder)}\n`;
    if (await created(path, text)) return new RunLock(path, text, undefined);
    const stale = await staleTextOf(path, folder);
    if (stale !== undefined) await takeAway(path, stale, folder);
    // Another process that saw the stale lock may have been faster. It then appears in the error.
    if (!(await created(path, text))) refuse(path, folder, await readFile(path, 'utf8').catch(() => ''));
    return new RunLock(path, text, stale === undefined ? undefined : takenOver(folder, stale));
  }

  /** Releases the folder. A lock that no longer belongs to this object is left alone. */
  async release(): Promise<void> {
    const text = await readFile(this.#path, 'utf8').catch(() => undefined);
    if (text === this.#text) await rm(this.#path, { force: true });
  }
}

/**
 * Checks that no training runs in a folder, before a run is prepared, which takes a while.
 *
 * @throws FileError when another training holds the lock of the folder.
 */
export async function checkNobodyTrains(folder: string): Promise<void> {
  await staleTextOf(join(folder, NAME), folder);
}

/**
 * Removes everything in a folder, if the folder exists, so that a new run can start in it.
 *
 * @throws FileError when a training holds the lock of the folder; nothing is removed in that case.
 */
export async function emptyRunFolder(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => undefined);
  if (!names) return;
  const lock = await RunLock.take(folder);
  try {
    for (const name of names) if (name !== NAME) await rm(join(folder, name), { recursive: true, force: true });
  } finally {
    await lock.release();
  }
}

/** Creates the file and returns true, or returns false if it exists already. */
async function created(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' });
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cause;
  }
}

/**
 * The content of a lock whose process no longer exists; `undefined` when there is no lock.
 *
 * @throws FileError when a process still holds the lock.
 */
async function staleTextOf(path: string, folder: string): Promise<string | undefined> {
  const read = () => readFile(path, 'utf8').catch(() => undefined);
  let text = await read();
  if (text !== undefined && !holderOf(text)) {
    await setTimeout(WRITING_MS);
    text = await read();
  }
  const holder = text === undefined ? undefined : holderOf(text);
  if (text !== undefined && holder && isHeld(holder)) refuse(path, folder, text);
  return text;
}

/**
 * Removes a stale lock. If another process has replaced it with its own in the meantime, that lock is put back.
 *
 * @throws FileError when another process holds the lock by now.
 */
async function takeAway(path: string, stale: string, folder: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw cause;
  }
  const text = await readFile(aside, 'utf8');
  if (text === stale) return rm(aside);
  await rename(aside, path);
  refuse(path, folder, text);
}

function holderOf(text: string): Holder | undefined {
  try {
    const { host, pid, since, processStart } = JSON.parse(text) as Record<string, unknown>;
    const start = typeof processStart === 'string' ? processStart : null;
    return typeof host === 'string' && typeof since === 'string' && Number.isSafeInteger(pid) && (pid as number) > 0
      ? { host, pid: pid as number, since, processStart: start }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the holder of a lock may still be running. */
function isHeld({ host, pid, processStart: start }: Holder): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0); // sends nothing; throws ESRCH when there is no such process
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code !== 'ESRCH';
  }
  const now = processStart(pid);
  return start === null || now === null || start === now;
}

/**
 * The start of a process. On Linux it consists of the boot id of the system and of the clock ticks since boot, field 22
 * of /proc/PID/stat (proc(5)). `null` on other systems.
 */
function processStart(pid: number): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const behindName = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // a name may contain spaces and parentheses
    return `${boot} ${behindName[19]}`;
  } catch {
    return null;
  }
}

function refuse(path: string, folder: string, text: string): never {
  const holder = holderOf(text);
  const who = holder ? `process ${holder.pid} on ${holder.host}, since ${holder.since}` : 'its lock was made just now';
  const elsewhere = holder && holder.host !== hostname();
  const advice = elsewhere
    ? `If it is not running any more, which cannot be seen from here, remove ${path}`
    : 'Wait for its end, stop it, or take another folder';
  throw new FileError(folder, `another training runs in this folder (${who}). ${advice}`);
}

function takenOver(folder: string, text: string): string {
  const holder = holderOf(text);
  const whose = holder ? `process ${holder.pid}, which began ${holder.since} and is gone` : 'nobody who can be told';
  return `${folder}: took over the lock of ${whose}`;
}
