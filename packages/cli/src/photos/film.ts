/** @file The swap of a film, of a folder of pictures or of a pipe, with what the terminal shows meanwhile. */
import { realpath } from 'node:fs/promises';
import { FileError } from '@visage/gpu';
import { checkOutput } from '@visage/nn/node';
import { type FaceFinder, FilmSwap, filmEndings, type PhotoSwapper, SOURCE_TYPE, syntheticXmp } from '@visage/photos';
import {
  changeFilm,
  changeFolder,
  changePipe,
  type FilmProgress,
  type FilmTarget,
  hasFilmLibraries,
  previewFilm,
} from '@visage/photos/node';
import { duration } from '@visage/training';
import { UsageError } from '../terminal/failure.ts';
import { FrameProgress } from '../terminal/frameProgress.ts';
import { type Interruption, interruptedStatus, onInterrupt } from '../terminal/interrupt.ts';
import type { Gallery } from './photograph.ts';

/** What is swapped, and where the result goes. */
export interface FilmFiles {
  readonly kind: FilmTarget;
  readonly target: string;
  readonly out: string;
  /** Seconds between pictures of a preview, if that is what is wanted. */
  readonly preview?: number;
}

/** How it is swapped. */
export interface FilmWork {
  readonly photos: PhotoSwapper;
  readonly finder: FaceFinder;
  readonly gallery: Gallery;
  readonly strength?: number;
  readonly quality?: number;
  readonly label: boolean;
  /** What else decides the result, as plain data: a run goes on with segments of the same settings alone. */
  readonly settings: unknown;
}

/** What to do without the packages of films. */
export const NO_LIBRARIES =
  'films need two packages that are not installed yet (78 MB; one has parts under the GPL): run `visage films install`';

/**
 * Checks the names before the work begins.
 *
 * @param inputs everything else that is read.
 * @throws FileError or UsageError that says what to change.
 */
export async function checkFilm(
  { kind, target, out, preview }: FilmFiles,
  inputs: readonly (string | undefined)[],
): Promise<void> {
  if (preview !== undefined && kind !== 'film')
    throw new UsageError('--preview shows frames of a film; a folder or a pipe is swapped as it is');
  if (kind === 'pipe') {
    if (out !== '-') throw new UsageError('--target - reads YUV4MPEG from a pipe and writes it to one: give --out -');
    return;
  }
  if (out === '-') throw new UsageError('--out - belongs to --target -; a film or folder is written by name');
  if (kind === 'film' && !hasFilmLibraries()) throw new UsageError(NO_LIBRARIES);
  if (kind === 'folder' || preview !== undefined) await checkFolder(target, out);
  else await checkOutput(out, { inputs: [target, ...inputs], endings: filmEndings });
}

/** Throws if pictures would be written over those that are read. */
async function checkFolder(target: string, out: string): Promise<void> {
  const [from, to] = [await realpath(target), await realpath(out).catch(() => undefined)];
  if (from === to) throw new FileError(out, 'is the folder that is read; name another one for the result');
}

/** Swaps faces in a film, in a folder of pictures, or in what comes through a pipe. */
export async function swapFilm(files: FilmFiles, work: FilmWork): Promise<void> {
  const controller = new AbortController();
  let why: Interruption | undefined;
  const progress = new FrameProgress();
  const release = onInterrupt((reason) => {
    why = reason;
    progress.note('finishing the frames in hand; Ctrl-C again ends at once');
    controller.abort();
  });
  try {
    await kinds[files.preview === undefined ? files.kind : 'preview'](files, work, progress, controller.signal);
  } finally {
    release();
    progress.stop();
  }
  if (why) process.exitCode = interruptedStatus(why);
}

type Swap = (files: FilmFiles, work: FilmWork, progress: FrameProgress, signal: AbortSignal) => Promise<void>;

const swapOf = ({ photos, finder, gallery, strength }: FilmWork): FilmSwap =>
  new FilmSwap({
    photos,
    finder,
    choice: gallery.choice,
    identities: gallery.identities,
    blend: { strength },
  });

const kinds: Readonly<Record<FilmTarget | 'preview', Swap>> = {
  film: async ({ target, out }, work, progress, signal) => {
    const frames = swapOf(work);
    const result = await changeFilm(target, out, frames, {
      settings: work.settings,
      label: work.label,
      signal,
      xmp: syntheticXmp,
      tags: { comment: `Faces were swapped with Visage; ${SOURCE_TYPE}` },
      onFilm: ({ warnings }, resumedAt) => {
        for (const line of warnings) progress.note(`${target}: ${line}`);
        if (resumedAt !== undefined) progress.note(`going on at ${duration(resumedAt)}`);
      },
      onProgress: (values: FilmProgress) => progress.update(values),
    });
    progress.stop();
    const of = `${result.changed} of ${result.frames} frames with a swapped face`;
    if (!result.isPart) console.log(`${out}: ${duration(result.duration)}, ${of}, ${visible(work)} and the XMP mark`);
    else if (result.frames > 0)
      console.log(`${out}: the first ${duration(result.duration)}, ${of}; the same command goes on from there`);
    sayMissing(work, frames);
  },
  folder: async ({ target, out }, work, progress, signal) => {
    const frames = swapOf(work);
    const result = await changeFolder(target, out, frames, {
      settings: work.settings,
      label: work.label,
      quality: work.quality,
      signal,
      onResume: (done) => progress.note(`${done} pictures are done; going on behind them`),
      onPicture: (name, changed) => progress.note(`${name}: ${changed ? 'swapped' : 'nothing to swap, copied'}`),
    });
    for (const problem of result.problems) console.error(problem);
    console.log(`${out}: ${result.pictures} pictures, ${result.changed} with a swapped face`);
    sayMissing(work, frames);
    if (result.problems.length > 0) process.exitCode = 1;
  },
  pipe: async (_, work, progress) => {
    const frames = swapOf(work);
    const count = await changePipe(process.stdin, process.stdout, frames, { label: work.label });
    progress.note(`${count} frames`);
  },
  preview: async ({ target, out, preview = 10 }, work, progress, signal) => {
    const { label, quality } = work;
    const names = await previewFilm(target, out, preview, () => swapOf(work), {
      label,
      quality,
      signal,
      onPicture: (name, changed) => progress.note(`${name}: ${changed ? 'swapped' : 'nothing to swap'}`),
    });
    console.log(`${out}: ${names.length} frames of ${target}, each named by its time`);
  },
};

const visible = ({ label }: FilmWork): string => (label ? 'with a visible label' : 'with no visible label, as asked,');

/** Says which sources no face got. */
function sayMissing({ gallery }: FilmWork, { swapped }: FilmSwap): void {
  for (const [k, name] of gallery.names.entries())
    if (!swapped.has(k)) console.log(`no face of the film got the identity of ${name}`);
}
