/** @file Folders of pictures as films, and single frames of films as pictures. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { currentGpu, FileError, VisageError } from '@visage/gpu';
import { pictureEndings } from '../../codecs/formats.ts';
import type { Picture } from '../../core/picture.ts';
import { ahead } from '../../films/ahead.ts';
import { FrameOnGpu, type FrameView, viewOf } from '../../films/frameOnGpu.ts';
import type { FrameWork } from '../../films/frames.ts';
import { thumbnailOf, thumbnailOfPicture } from '../../films/thumbnail.ts';
import { endingOf } from '../../films/writing.ts';
import { drawLabel } from '../../marks/label.ts';
import { downloadPicture, uploadPicture } from '../../warp/gpuPicture.ts';
import { readPicture, writePicture } from '../pictures/files.ts';
import type { ResumableWork } from './changeFilm.ts';
import { FolderJob, type FolderProgress } from './folderJob.ts';
import { openFilmFile, whileAlive } from './libraries.ts';

/** How pictures are written. */
export interface PictureOutput {
  /** Whether pictures in which something was changed get the visible label. */
  readonly label?: boolean;
  readonly quality?: number;
  /** Ends the work early when it is aborted. */
  readonly signal?: AbortSignal;
  readonly onPicture?: (name: string, changed: boolean) => void;
}

/** Frames a second of a folder of pictures, by which faces are followed. */
const RATE = 25;

/** A picture of a folder, or why it cannot be read. */
interface Read {
  readonly name: string;
  readonly picture?: Picture;
  readonly problem?: string;
}

async function* pictures(folder: string, names: readonly string[]): AsyncGenerator<Read, void, unknown> {
  for (const name of names) {
    const path = join(folder, name);
    try {
      yield { name, picture: await readPicture(path) };
    } catch (cause) {
      if (!(cause instanceof VisageError)) throw cause;
      yield { name, problem: cause.message };
    }
  }
}

/** Names of the pictures in a folder, numbers in them in the order of their values; hidden files are left out. */
async function namesIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter(
    (name) => !name.startsWith('.') && pictureEndings.includes(endingOf(name)),
  );
  const { compare } = new Intl.Collator('en', { numeric: true });
  return names.sort(compare);
}

/** Changes a frame that is on the GPU as a whole, and copies it to the host: undefined if nothing is changed. */
async function changed<Seen>(
  frame: FrameView,
  work: FrameWork<Seen>,
  moment: Parameters<FrameWork<Seen>['look']>[1],
): Promise<Picture | undefined> {
  const seen = await work.look(frame, moment);
  if (seen === undefined) return undefined;
  const after = work.change(frame, seen);
  const picture = await downloadPicture(after);
  if (after.pixels !== frame.picture().pixels) after.pixels.dispose();
  return picture;
}

/** How the pictures of a folder are changed. */
export interface FolderOptions extends PictureOutput {
  /** What the work does, as plain data: a run goes on from another one of the same settings alone. */
  readonly settings?: unknown;
  /** Is called with the number of pictures that an earlier run has done, if there was one. */
  readonly onResume?: (done: number) => void;
}

/** What was done with a folder. */
export interface FolderResult {
  readonly pictures: number;
  readonly changed: number;
  /** A line for each picture that could not be read. */
  readonly problems: readonly string[];
}

/**
 * Changes the pictures of a folder as frames of a film, in the order of their names, and writes them by the same names
 * into another folder. Pictures in which nothing is changed are written too.
 *
 * If the process is killed, or the signal aborts, the same call goes on behind the last picture that was written, with
 * the same result. Until the end a hidden file in the output says how far it is.
 *
 * @throws FileError if the folder has no pictures.
 */
export async function changeFolder<Seen>(
  folder: string,
  output: string,
  work: ResumableWork<Seen>,
  options: FolderOptions = {},
): Promise<FolderResult> {
  const { label = false, quality, signal, settings = null, onPicture = () => {} } = options;
  const names = await namesIn(folder);
  if (names.length === 0) throw new FileError(folder, `has no pictures (${pictureEndings.join(', ')})`);
  await mkdir(output, { recursive: true });
  const job = await FolderJob.open(folder, names, output, { settings, label, quality });
  let done: FolderProgress = job.before ?? { written: [], changed: 0, problems: [], next: 0, state: undefined };
  if (job.before) {
    work.restore(done.state);
    options.onResume?.(done.next);
  }
  for await (const { name, picture, problem } of ahead(pictures(folder, names.slice(done.next)), 2)) {
    if (signal?.aborted) break;
    if (!picture) {
      done = { ...done, problems: [...done.problems, problem ?? ''], next: done.next + 1 };
      continue;
    }
    const frame = uploadPicture(picture);
    const moment = { timestamp: done.written.length / RATE, thumbnail: thumbnailOfPicture(picture) };
    const result = await changed(viewOf(frame), work, moment);
    for (const held of [frame.pixels, frame.frame]) held.dispose();
    if (result && label) drawLabel(result);
    const isLossless = ['.png', '.tif', '.tiff'].includes(endingOf(name));
    const as = { marks: result !== undefined, ...(isLossless ? {} : { quality }) };
    await writePicture(join(output, name), result ?? picture, as);
    const [written, changes] = [[...done.written, name], done.changed + Number(result !== undefined)];
    done = { ...done, written, changed: changes, next: done.next + 1, state: work.state() };
    await job.note(done);
    onPicture(name, result !== undefined);
  }
  if (done.next === names.length) await job.finish();
  return { pictures: done.written.length, changed: done.changed, problems: done.problems };
}

/**
 * Changes a frame of a film every few seconds and writes it as a picture: a look at the result before the work begins.
 *
 * @param work makes what looks at a frame, anew for each: the frames are seconds apart.
 * @returns the names of the pictures, which say the time.
 */
export async function previewFilm<Seen>(
  input: string,
  output: string,
  seconds: number,
  work: () => FrameWork<Seen>,
  { label = false, quality, signal, onPicture = () => {} }: PictureOutput = {},
): Promise<string[]> {
  return whileAlive(async () => {
    const film = await openFilmFile(input);
    const names: string[] = [];
    try {
      await mkdir(output, { recursive: true });
      for (let at = film.begin; at < film.end && !signal?.aborted; at += seconds) {
        const frames = film.read(at - 1e-3);
        const { value: frame } = await frames.next();
        await frames.return();
        if (!frame) break;
        const name = `${(frame.timestamp - film.begin).toFixed(2).padStart(8, '0')}s.jpg`;
        const view = new FrameOnGpu(frame, currentGpu());
        const shown = view.picture();
        const thumbnail = thumbnailOf(frame.data, frame.form);
        const result = await changed(view, work(), { timestamp: frame.timestamp, thumbnail });
        const picture = result ?? (await downloadPicture(shown));
        view.dispose();
        if (result && label) drawLabel(picture);
        await writePicture(join(output, name), picture, { quality, marks: result !== undefined });
        names.push(name);
        onPicture(name, result !== undefined);
      }
      return names;
    } finally {
      film.close();
    }
  });
}
