/** @file What an import has found so far, on the disk, so that it goes on after a kill. */
import { type FileHandle, mkdir, open, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@visage/gpu';
import { FileError } from '@visage/nn';
import { saveFile } from '@visage/nn/node';
import type { Candidate } from '../../sets/candidate.ts';
import { type FacePlace, faceLine, readFaceLine } from '../../sets/face.ts';
import { Fields } from '../../sets/fields.ts';
import { linesOf } from './open.ts';
import type { PictureSurvey } from './survey.ts';

/** The folder in a set that is not finished. */
export const UNFINISHED = 'unfinished';
/** The folder in a finished set that holds all that was found, if it was to be kept. */
export const FOUND = 'found';

const FILES = {
  plan: 'plan.json',
  lines: 'found.jsonl',
  crops: 'crops.jpgs',
  lock: 'process',
  survey: 'survey.json',
} as const;
const KEPT_BYTES = 2 ** 20; // bytes of crops that are kept before they are written
const KEPT_MS = 2000;

/** A face in the journal, and where its crop lies there. */
export interface FoundFace extends Candidate, FacePlace {}

/** What was found in a picture. */
export interface FoundFaces {
  /** The number of the picture in the survey. */
  readonly picture: number;
  readonly faces: readonly FoundFace[];
  /** Why the picture cannot be used, if so. */
  readonly problem?: string;
}

/** What a set is assembled from. */
export interface Finds {
  /** All pictures in their order. */
  read(): AsyncIterable<FoundFaces>;
  /** The JPEG file of a face. */
  crop(face: FacePlace): Promise<Uint8Array>;
}

/** A face before it has a place. */
export type NewFace = readonly [face: Candidate, jpeg: Uint8Array];

/** What decides what the journal holds: an import goes on only with the same plan. */
export type Plan = Readonly<Record<string, string | number>>;

/**
 * The pictures that an import has read, in their order. A picture's crops are on the disk before its lines, and its
 * lines end with one that says so; what a kill has cut off is removed when the journal is opened again.
 */
export class Journal implements Finds {
  readonly #folder: string;
  readonly #lines: FileHandle;
  readonly #crops: FileHandle;
  #pictures: number;
  #length: number;
  #keptLines: string[] = [];
  #keptCrops: Uint8Array[] = [];
  #keptBytes = 0;
  #written = performance.now();
  #closed = false;

  private constructor(folder: string, lines: FileHandle, crops: FileHandle, { pictures, cropBytes }: Extent) {
    this.#folder = folder;
    this.#lines = lines;
    this.#crops = crops;
    this.#pictures = pictures;
    this.#length = cropBytes;
  }

  /**
   * Opens the journal of a set, or begins one.
   *
   * @throws FileError if the set was begun with another plan, or if another process is at work on it.
   */
  static async open(out: string, plan: Plan): Promise<Journal> {
    const folder = join(out, UNFINISHED);
    await mkdir(folder, { recursive: true });
    const path = join(folder, FILES.plan);
    const then = await readFile(path, 'utf8').catch(() => undefined);
    if (then !== undefined) checkPlan(out, plan, parseJson(then) as Plan);
    await lock(folder, out);
    if (then === undefined) await saveFile(path, Buffer.from(JSON.stringify(plan)));
    const [lines, crops] = [join(folder, FILES.lines), join(folder, FILES.crops)];
    for (const file of [lines, crops]) await (await open(file, 'a')).close();
    const extent = await extentOf(lines, (await stat(crops)).size);
    await truncate(lines, extent.lineBytes);
    await truncate(crops, extent.cropBytes);
    return new Journal(folder, await open(lines, 'a'), await open(crops, 'a+'), extent);
  }

  /** Opens what {@link Journal.keep} kept in a set, to be read alone; undefined if there is nothing. */
  static async kept(set: string): Promise<{ readonly journal: Journal; readonly survey: PictureSurvey } | undefined> {
    const folder = join(set, FOUND);
    const text = await readFile(join(folder, FILES.survey), 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const survey = parseJson(text) as PictureSurvey;
    const [lines, crops] = [await open(join(folder, FILES.lines), 'r'), await open(join(folder, FILES.crops), 'r')];
    const extent = { pictures: survey.pictures.length, lineBytes: 0, cropBytes: 0 };
    return { survey, journal: new Journal(folder, lines, crops, extent) };
  }

  /** How many pictures it holds: the number of the next one. */
  get pictures(): number {
    return this.#pictures;
  }

  /** Adds the next picture. Calls must not overlap. */
  async add(faces: readonly NewFace[], problem?: string): Promise<void> {
    for (const [{ face, inside, ...known }, jpeg] of faces) {
      const line = faceLine({ ...known, shard: 0, offset: this.#length, length: jpeg.length });
      this.#keptLines.push(JSON.stringify({ face, inside, line }));
      this.#keptCrops.push(jpeg);
      this.#keptBytes += jpeg.length;
      this.#length += jpeg.length;
    }
    this.#keptLines.push(JSON.stringify({ picture: this.#pictures++, problem }));
    if (this.#keptBytes > KEPT_BYTES || performance.now() - this.#written > KEPT_MS) await this.flush();
  }

  /** Writes what is kept. */
  async flush(): Promise<void> {
    const [lines, crops] = [this.#keptLines, this.#keptCrops];
    this.#keptLines = [];
    this.#keptCrops = [];
    this.#keptBytes = 0;
    if (crops.length > 0) await this.#crops.appendFile(Buffer.concat(crops));
    if (lines.length > 0) await this.#lines.appendFile(`${lines.join('\n')}\n`);
    this.#written = performance.now();
  }

  /** All pictures from the first. */
  async *read(): AsyncGenerator<FoundFaces> {
    await this.flush();
    const path = join(this.#folder, FILES.lines);
    let faces: FoundFace[] = [];
    for await (const text of linesOf(path)) {
      const fields = new Fields(parseJson(text));
      if (fields.has('line')) {
        const [face, inside] = [fields.integer('face', 0), fields.number('inside')];
        faces.push({ ...readFaceLine(fields.text('line')), face, inside });
      } else {
        const problem = fields.has('problem') ? { problem: fields.text('problem') } : {};
        yield { picture: fields.integer('picture', 0), faces, ...problem };
        faces = [];
      }
    }
  }

  /** The JPEG file of a face. */
  async crop({ offset, length }: FacePlace): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    await this.#crops.read(bytes, 0, length, offset);
    return bytes;
  }

  /** Writes what is kept and closes the files; an import may go on later. Closing twice does nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.flush();
    for (const file of [this.#lines, this.#crops]) await file.close();
    await rm(join(this.#folder, FILES.lock), { force: true });
  }

  /** Keeps the journal in the finished set, so that it can be judged again. */
  async keep(out: string, survey: PictureSurvey): Promise<void> {
    await this.close();
    const pictures = survey.pictures.map((one) => ({ ...one, file: '' })); // where they lay is nobody's business
    await saveFile(join(this.#folder, FILES.survey), Buffer.from(JSON.stringify({ ...survey, pictures })));
    await rename(this.#folder, join(out, FOUND));
  }

  /** Removes the journal of a set that is finished. */
  async remove(): Promise<void> {
    await this.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** How much of a journal is whole. */
interface Extent {
  readonly pictures: number;
  readonly lineBytes: number;
  readonly cropBytes: number;
}

/** The pictures whose lines and crops are all there. */
async function extentOf(path: string, cropsThere: number): Promise<Extent> {
  let whole: Extent = { pictures: 0, lineBytes: 0, cropBytes: 0 };
  let [at, end] = [0, 0];
  const { size } = await stat(path);
  for await (const text of linesOf(path)) {
    at += Buffer.byteLength(text) + 1;
    if (at > size) return whole; // its end was cut off
    try {
      const fields = new Fields(parseJson(text));
      if (fields.has('line')) {
        const { offset, length } = readFaceLine(fields.text('line'));
        end = offset + length;
      } else whole = { pictures: fields.integer('picture', 0) + 1, lineBytes: at, cropBytes: end };
    } catch {
      return whole; // a full disk or a crash of the system left something else there
    }
    if (end > cropsThere) return whole;
  }
  return whole;
}

function checkPlan(out: string, now: Plan, then: Plan): void {
  const differing = Object.keys(now).find((key) => now[key] !== then[key]);
  if (differing === undefined) return;
  const what = `${differing} ${then[differing]}, now ${now[differing]}`;
  throw new FileError(out, `holds an unfinished set that was begun otherwise (${what}); remove it to begin anew`);
}

/** Keeps a second process from writing the same set. */
async function lock(folder: string, out: string): Promise<void> {
  const path = join(folder, FILES.lock);
  const owner = Number(await readFile(path, 'utf8').catch(() => ''));
  if (owner > 0 && owner !== process.pid && isAlive(owner))
    throw new FileError(out, `is being written by process ${owner}; wait for its end`);
  await writeFile(path, String(process.pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}
