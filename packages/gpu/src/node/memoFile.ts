/** @file Tuning memos on disk: outside the repository, one file per adapter, driver and versions. Node only. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FileError, VisageError } from '../core/errors.ts';
import type { Gpu } from '../device/gpu.ts';
import { kernelFamilies } from '../select/family.ts';
import { TuningMemo, type TuningTarget } from '../tuning/memo.ts';
import { saveFile, writeProblem } from './save.ts';

const MOST_BYTES = 2 ** 24;
const MOST_NAMED = 5; // in a warning
const packageFolder = new URL('../../', import.meta.url);

/** The adapter, driver and versions for which a memo is valid that is measured on this device now. */
export async function tuningTarget({ device, adapter }: Gpu): Promise<TuningTarget> {
  const text = await readFile(new URL('package.json', packageFolder), 'utf8');
  const { version, dependencies } = JSON.parse(text) as { version: string; dependencies: Record<string, string> };
  const { description, vendor, architecture } = device.adapterInfo;
  return {
    adapter: device.adapterInfo.device || adapter.name || `${vendor} ${architecture}`,
    driver: description,
    versions: `visage ${version}, webgpu ${dependencies.webgpu}`,
  };
}

/** The path of the user's memo: in `$XDG_CACHE_HOME/visage/tuning`, by default in `~/.cache/visage/tuning`. */
export function memoPath(target: TuningTarget): string {
  const folder = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(folder, 'visage', 'tuning', memoFile(target));
}

/** The path of the memo that ships with the package. */
export const shippedMemoPath = (target: TuningTarget): string =>
  fileURLToPath(new URL(`memos/${memoFile(target)}`, packageFolder));

function memoFile({ adapter, driver, versions }: TuningTarget): string {
  const readable = adapter.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const digest = createHash('sha256')
    .update(JSON.stringify([adapter, driver, versions]))
    .digest('hex');
  return `${readable.slice(0, 60)}-${digest.slice(0, 12)}.json`;
}

/**
 * Gives a device the memo that ships with the package, and then the user's own memo, if they exist.
 *
 * A file that cannot be used is ignored with a warning, and so are entries that name variants which do not exist.
 */
export async function loadMemos(gpu: Gpu): Promise<void> {
  const target = await tuningTarget(gpu);
  for (const path of [shippedMemoPath(target), memoPath(target)]) {
    try {
      const memo = await readMemo(path, target);
      if (!memo) continue;
      gpu.tuning.merge(memo);
      warnOfUnknownNames(path, memo);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      process.emitWarning(`tuning memo ${path} ${reason}; it is ignored. Measure anew: visage tune`, 'VisageWarning');
    }
  }
}

/**
 * Warns of entries that name variants which do not exist. Without any package that defines kernel families this cannot
 * be known, so there is no warning.
 */
function warnOfUnknownNames(path: string, memo: TuningMemo): void {
  const existing = kernelFamilies();
  const unknown = existing.length > 0 ? memo.unknownNames(existing) : [];
  if (unknown.length === 0) return;
  const names = [...unknown.slice(0, MOST_NAMED), ...(unknown.length > MOST_NAMED ? ['…'] : [])].join(', ');
  process.emitWarning(
    `tuning memo ${path} names variants that do not exist (${names}); these entries are ignored. Measure anew: visage tune`,
    'VisageWarning',
  );
}

/** Reads a memo. Returns `undefined` if there is no file. */
async function readMemo(path: string, target: TuningTarget): Promise<TuningMemo | undefined> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new VisageError(`cannot be read (${error.code})`);
  });
  if (!found) return undefined;
  if (!found.isFile()) throw new VisageError('is no file');
  if (found.size > MOST_BYTES) throw new VisageError(`has ${found.size} bytes, at most ${MOST_BYTES} are read`);
  return TuningMemo.parse(await readFile(path, 'utf8'), target);
}

/**
 * Writes the device's memo by {@link saveFile}, so that the old memo stays if the process is killed meanwhile.
 *
 * @param path default: {@link memoPath}.
 * @returns the path.
 * @throws FileError when the memo, or the folder for it, cannot be written.
 */
export async function saveMemo(gpu: Gpu, path?: string): Promise<string> {
  const target = await tuningTarget(gpu);
  const to = path ?? memoPath(target);
  await mkdir(dirname(to), { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new FileError(dirname(to), `cannot be made (${writeProblem(cause, dirname(to))})`);
  });
  await saveFile(to, Buffer.from(gpu.tuning.toText(target)));
  return to;
}
