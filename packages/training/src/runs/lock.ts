/**
 * @file One training at a time in a folder. Two that write the same log, samples and checkpoint would leave a mixture
 * of both, so the first one puts a file `run.lock` there that says who it is, and the second one is refused. The file
 * is made with O_EXCL, which succeeds for one of several processes.
 *
 * A run that was killed leaves its lock behind. On the same host it can be seen that its process is gone, and the next
 * run takes the lock over.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { FileError } from '@visage/gpu';

/** Who trains in a folder. */
interface Holder {
  readonly host: string;
  readonly pid: number;
  /** When the training began, ISO 8601. */
  readonly since: string;
  /**
   * When the process began, as its system tells it: another process may have the same number later. `null` where the
   * system does not tell.
   */
  readonly processStart: string | null;
}

const NAME = 'run.lock';
/** A lock that cannot be read is looked at again after so long: the one who makes it may be writing it. */
const WRITING_MS = 200;

/** The right to write into the folder of a run. */
export class RunLock {
  /** Set when the lock of a process that is gone was taken over: a line that says whose it was. */
  readonly note: string | undefined;
  readonly #path: string;
  readonly #text: string;

  private constructor(path: string, text: string, note: string | undefined) {
    this.#path = path;
    this.#text = text;
    this.note = note;
  }

  /**
   * Takes the lock of a folder that is there.
   *
   * @throws FileError when another training has it, or had it on another host, where nobody can see from here whether
   * it is still running.
   */
  static async take(folder: string): Promise<RunLock> {
    const path = join(folder, NAME);
    const since = new Date().toISOString();
    const holder: Holder = { host: hostname(), pid: process.pid, since, processStart: processStart(process.pid) };
    const text = `${JSON.stringify(holder)}\n`;
    if (await created(path, text)) return new RunLock(path, text, undefined);
    const stale = await staleTextOf(path, folder);
    if (stale !== undefined) await takeAway(path, stale, folder);
    // Whoever else saw the stale lock may have been faster, and is then named.
    if (!(await created(path, text))) refuse(path, folder, await readFile(path, 'utf8').catch(() => ''));
    return new RunLock(path, text, stale === undefined ? undefined : takenOver(folder, stale));
  }

  /** Gives the folder back. A lock that is not ours any more stays. */
  async release(): Promise<void> {
    const text = await readFile(this.#path, 'utf8').catch(() => undefined);
    if (text === this.#text) await rm(this.#path, { force: true });
  }
}

/**
 * For those who are about to prepare a run, which takes a while.
 *
 * @throws FileError when another training has the folder's lock.
 */
export async function checkNobodyTrains(folder: string): Promise<void> {
  await staleTextOf(join(folder, NAME), folder);
}

/**
 * Removes everything in a folder, if it is there, for a run that begins anew in it.
 *
 * @throws FileError when a training has the folder's lock; nothing is removed then.
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

/** Makes the file, unless there is one. */
async function created(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' });
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cause;
  }
}

/** The content of a lock that nobody holds any more; `undefined` when there is none. Throws when somebody holds it. */
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
 * Removes a stale lock. Another process may have done so and put its own in the place meanwhile: then that is put back.
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

/** May the holder of a lock still be at work? */
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
 * When a process began: on Linux the start of the system and the clock ticks since then, field 22 of /proc/PID/stat
 * (proc(5)).
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
