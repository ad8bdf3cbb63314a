/** @file How far the pictures of a folder are, in a file beside the results, from which a later run goes on. */
import { createHash } from 'node:crypto';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@visage/gpu';
import { saveFile } from '@visage/gpu/node';

/** What is done. */
export interface FolderProgress {
  /** Pictures that were written, by name. */
  readonly written: readonly string[];
  /** How many of them were changed. */
  readonly changed: number;
  /** A line for each picture that could not be read. */
  readonly problems: readonly string[];
  /** Pictures of the folder that need not be looked at again: those above, from the first one on. */
  readonly next: number;
  /** What the work knew behind them. */
  readonly state: unknown;
}

interface Saved extends FolderProgress {
  readonly version: 1;
  /** Names what the job reads and how it is set. */
  readonly job: string;
}

/** Hidden, so that it is no picture of the result. It is there only while a job is unfinished. */
const FILE = '.visage-folder.json';

/** An unfinished job on a folder of pictures. */
export class FolderJob {
  readonly #output: string;
  readonly #job: string;
  /** What an earlier run of the same job did; undefined if there was none, or some of its pictures are gone. */
  readonly before: FolderProgress | undefined;

  private constructor(output: string, job: string, before: FolderProgress | undefined) {
    [this.#output, this.#job, this.before] = [output, job, before];
  }

  /** @param settings what decides the results, as plain data, beside the names, sizes and times of the pictures. */
  static async open(folder: string, names: readonly string[], output: string, settings: unknown): Promise<FolderJob> {
    const hash = createHash('sha256').update(JSON.stringify({ settings }));
    for (const name of names) {
      const { size, mtimeMs } = await stat(join(folder, name));
      hash.update(JSON.stringify([name, size, mtimeMs]));
    }
    const job = hash.digest('hex');
    return new FolderJob(output, job, await found(output, job));
  }

  /** Notes what is done, once all of it is written. */
  async note(progress: FolderProgress): Promise<void> {
    const saved: Saved = { version: 1, job: this.#job, ...progress };
    await saveFile(join(this.#output, FILE), new TextEncoder().encode(JSON.stringify(saved)));
  }

  /** Ends the job. */
  async finish(): Promise<void> {
    await rm(join(this.#output, FILE), { force: true });
  }
}

/** What the file says, if it belongs to the job and every picture that it names is there. */
async function found(output: string, job: string): Promise<FolderProgress | undefined> {
  const text = await readFile(join(output, FILE), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  let saved: Partial<Saved> | null;
  try {
    saved = parseJson(text) as Partial<Saved> | null;
  } catch {
    return undefined;
  }
  if (saved?.version !== 1 || saved.job !== job || !Array.isArray(saved.written)) return undefined;
  const there = saved.written.map((name) =>
    stat(join(output, String(name))).then(
      (status) => status.isFile(),
      () => false,
    ),
  );
  return (await Promise.all(there)).every(Boolean) ? (saved as Saved) : undefined;
}
