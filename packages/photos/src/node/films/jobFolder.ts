/** @file The folder beside an unfinished film: whole segments, and what a later run needs to go on from them. */
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FileError, parseJson } from '@visage/gpu';
import { saveFile } from '@visage/gpu/node';
import type { Segment } from '../../films/writing.ts';

/** A whole segment, and the state of the work behind it. */
export interface DoneSegment extends Segment {
  readonly file: string;
  readonly bytes: number;
}

interface JobState {
  readonly version: 1;
  /** What the job does: input, settings and encoding. Another job begins anew. */
  readonly job: string;
  readonly segments: readonly DoneSegment[];
  /** What the work knew at the end of the last segment. */
  readonly state: unknown;
}

const EDGE = 2 ** 20; // bytes that are hashed at both ends of the input

/** A name for the content of a file of any size: its length and the bytes at both ends. */
export async function contentName(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const hash = createHash('sha256').update(String(size));
    for (const position of [0, Math.max(0, size - EDGE)]) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(EDGE, size)), 0, undefined, position);
      hash.update(buffer.subarray(0, bytesRead));
    }
    return hash.digest('hex');
  } finally {
    await file.close();
  }
}

/** Names of segments. */
const NAME = /^segment-\d{5,}\.mp4$/;

/** What `fn` returns, or undefined if it throws. */
const attempt = <T>(fn: () => T): T | undefined => {
  try {
    return fn();
  } catch {
    return undefined;
  }
};

const running = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** An unfinished film on disk. */
export class JobFolder {
  #done: readonly DoneSegment[] = [];
  #state: unknown;

  private constructor(
    readonly path: string,
    readonly job: string,
  ) {}

  /**
   * Opens the folder `path`, and makes it if there is none. If it belongs to the same job, its whole segments are kept;
   * what another job left is removed.
   *
   * @throws FileError if another process works in it.
   */
  static async open(path: string, job: string): Promise<JobFolder> {
    const folder = new JobFolder(path, job);
    await mkdir(path, { recursive: true });
    await folder.#lock();
    const state = await folder.#read();
    if (state?.job === job) {
      folder.#done = await folder.#whole(state.segments);
      if (folder.#done.length === state.segments.length) folder.#state = state.state;
      else folder.#done = []; // the state belongs to the last segment alone
    }
    return folder;
  }

  /** Segments that are whole. */
  get done(): readonly DoneSegment[] {
    return this.#done;
  }

  /** What the work knew at the end of the last of them. */
  get state(): unknown {
    return this.#state;
  }

  /** The name of a segment's file while it is written. */
  nextPart(): string {
    return join(this.path, 'segment-part.mp4');
  }

  pathOf({ file }: Pick<DoneSegment, 'file'>): string {
    return join(this.path, file);
  }

  /** Takes what was written to {@link nextPart} as the next segment. */
  async add(segment: Segment, state: unknown): Promise<void> {
    const file = `segment-${String(this.#done.length).padStart(5, '0')}.mp4`;
    const { size } = await stat(this.nextPart());
    await rename(this.nextPart(), join(this.path, file));
    const done = [...this.#done, { ...segment, file, bytes: size }];
    const json: JobState = { version: 1, job: this.job, segments: done, state };
    await saveFile(join(this.path, 'job.json'), new TextEncoder().encode(JSON.stringify(json)));
    [this.#done, this.#state] = [done, state];
  }

  /** Removes the folder. */
  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  /** Lets other processes go on with the job. */
  async unlock(): Promise<void> {
    await rm(join(this.path, 'lock'), { force: true });
  }

  async #lock(): Promise<void> {
    const file = join(this.path, 'lock');
    const pid = Number(await readFile(file, 'utf8').catch(() => ''));
    if (pid > 0 && pid !== process.pid && running(pid))
      throw new FileError(this.path, `process ${pid} is working on this film; wait for it or end it first`);
    await writeFile(file, String(process.pid));
  }

  async #read(): Promise<JobState | undefined> {
    const file = join(this.path, 'job.json');
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const state = attempt(() => parseJson(text) as Partial<JobState> | null);
    const isOurs = state?.version === 1 && Array.isArray(state.segments);
    return isOurs && state.segments?.every(({ file }) => NAME.test(file)) ? (state as JobState) : undefined;
  }

  /** The segments whose files are there with the bytes that they had. */
  async #whole(segments: readonly DoneSegment[]): Promise<DoneSegment[]> {
    const whole: DoneSegment[] = [];
    for (const segment of segments) {
      const found = await stat(this.pathOf(segment)).catch(() => undefined);
      if (found?.size !== segment.bytes) break;
      whole.push(segment);
    }
    return whole;
  }
}
