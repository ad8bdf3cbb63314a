/** @file From a film file to a changed one, in segments that survive a killed process. */
import { appendFile, lstat, realpath, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { checkNumber, checkOptions, FileError, type OptionKeys } from '@visage/gpu';
import type { Film } from '../../films/film.ts';
import { frameLabel } from '../../films/frameLabel.ts';
import { type ChangedFrame, changedFrames, type FrameWork } from '../../films/frames.ts';
import type { MediaLibrary } from '../../films/media.ts';
import { encodingOf, endingOf, filmEndings, joinSegments } from '../../films/writing.ts';
import { type CodecTime, FilmCodecs } from './filmCodecs.ts';
import { holdsXmp, xmpBox } from './filmMarks.ts';
import type { HandedFrame } from './filmWriter.ts';
import { contentName, JobFolder } from './jobFolder.ts';
import { filmLibrary, openFilmFile, whileAlive } from './libraries.ts';

/** Work on frames that can go on in another process. */
export interface ResumableWork<Seen> extends FrameWork<Seen> {
  /** Plain data from which {@link ResumableWork.restore} goes on as if nothing had happened. */
  state(): unknown;
  restore(state: unknown): void;
}

/** How far a film is. */
export interface FilmProgress {
  readonly done: number;
  /** Frames of the whole film. */
  readonly total: number;
  /** The time in the film, in seconds. */
  readonly at: number;
  /** In this run. */
  readonly framesPerSecond: number;
  readonly secondsLeft: number;
}

/** Options of {@link changeFilm}. */
export interface FilmOptions {
  /** What the work does, as plain data: a run goes on with segments of the same settings alone. */
  readonly settings?: unknown;
  /** Bits a second; see {@link encodingOf} for the default. */
  readonly bitrate?: number;
  /** About so many seconds are lost when the process is killed. Default 10. */
  readonly segmentSeconds?: number;
  /** Ends the work early when it is aborted: a film of what is done is written then. */
  readonly signal?: AbortSignal;
  readonly onFilm?: (film: Film, resumedAt: number | undefined) => void;
  readonly onProgress?: (progress: FilmProgress) => void;
  /** Whether all frames get the visible label. Default false. */
  readonly label?: boolean;
  /** Descriptive tags of the result. */
  readonly tags?: Readonly<Record<string, unknown>>;
  /** An XMP packet, which goes into MP4 and MOV files. */
  readonly xmp?: string;
}

const OPTIONS: OptionKeys<FilmOptions> = {
  settings: true,
  bitrate: true,
  segmentSeconds: true,
  signal: true,
  onFilm: true,
  onProgress: true,
  label: true,
  tags: true,
  xmp: true,
};

/** What {@link changeFilm} did. */
export interface FilmResult {
  readonly frames: number;
  /** Frames in which something was changed. */
  readonly changed: number;
  /** Seconds. */
  readonly duration: number;
  /** Whether the film ends before the original does, because the signal was aborted. The same call goes on. */
  readonly isPart: boolean;
  /** What of this run the processes of the codecs took. */
  readonly codecs: CodecTime;
}

/**
 * Changes the pictures of a film, and copies its sound.
 *
 * While it works, segments lie in the folder `<output>.visage-parts`. If the process is killed, the same call goes on
 * from the last whole segment, with the same result to the bit. The output is written at the end and renamed.
 *
 * @throws FileError if the input cannot be read as a film, or the output cannot be written.
 */
export async function changeFilm<Seen>(
  input: string,
  output: string,
  work: ResumableWork<Seen>,
  options: FilmOptions = {},
): Promise<FilmResult> {
  checkOptions('changeFilm', options, OPTIONS);
  const { segmentSeconds = 10, bitrate } = options;
  checkNumber('changeFilm', 'segmentSeconds', segmentSeconds, 0.1, 3600);
  if (bitrate !== undefined) checkNumber('changeFilm', 'bitrate', bitrate, 10_000, 2e9);
  const ending = endingOf(output);
  if (!filmEndings.includes(ending))
    throw new FileError(output, `a film has to end in ${filmEndings.join(', ')}, which say how it is written`);
  const place = await destination(output);
  const library = await filmLibrary();
  return whileAlive(async () => {
    const film = await openFilmFile(input);
    try {
      const encoding = encodingOf(film, ending, bitrate);
      const { settings = null, label = false } = options;
      const job = JSON.stringify({ input: await contentName(input), settings, label, encoding });
      const folder = await JobFolder.open(`${place}.visage-parts`, job);
      const codecs = new FilmCodecs();
      try {
        if (folder.state !== undefined) work.restore(folder.state);
        options.onFilm?.(film, folder.done.at(-1)?.last);
        const isPart = await writeSegments(codecs, film, folder, work, { ...options, segmentSeconds }, encoding);
        const { time } = codecs;
        return { ...(await finish(library, film, folder, place, isPart, options)), codecs: time };
      } finally {
        await codecs.close();
        await folder.unlock();
      }
    } finally {
      film.close();
    }
  });
}

/** Where the output goes: the file that a link leads to. */
async function destination(output: string): Promise<string> {
  const found = await lstat(output).catch(() => undefined);
  if (!found) return output;
  const place = found.isSymbolicLink() ? await realpath(output).catch(() => output) : output;
  const status = await lstat(place).catch(() => undefined);
  if (status && !status.isFile()) throw new FileError(output, 'is no file; a film is written to a file');
  return place;
}

/** Writes the segments that are missing. Returns whether the film was ended early. */
async function writeSegments<Seen>(
  { reader, writer }: FilmCodecs,
  film: Film,
  folder: JobFolder,
  work: ResumableWork<Seen>,
  { segmentSeconds = 10, signal, onProgress, label = false }: FilmOptions,
  encoding: ReturnType<typeof encodingOf>,
): Promise<boolean> {
  const rate = film.frames / Math.max(film.end - film.begin, 1e-3);
  const count = Math.max(1, Math.round(rate * segmentSeconds));
  const before = folder.done.reduce((sum, { frames }) => sum + frames, 0);
  const frames = reader.read(film.name, folder.done.at(-1)?.last);
  const started = performance.now();
  let done = 0; // in this run
  const onFrame = ({ timestamp }: HandedFrame): void => {
    done++;
    const framesPerSecond = done / ((performance.now() - started) / 1000);
    const total = Math.max(film.frames, before + done);
    const secondsLeft = (total - before - done) / framesPerSecond;
    onProgress?.({ done: before + done, total, at: timestamp - film.begin, framesPerSecond, secondsLeft });
  };
  try {
    for (;;) {
      const some = taken(frames, count, signal);
      const changed = changedFrames(some, work);
      const drawn = label ? labelled(changed) : changed;
      const segment = await writer.segment(drawn, folder.nextPart(), encoding, onFrame);
      if (segment) await folder.add(segment, work.state());
      if (signal?.aborted) return before + done < film.frames;
      if (!segment || segment.frames < count) return false;
    }
  } finally {
    await frames.return();
  }
}

/** Frames with the visible label. */
async function* labelled(frames: AsyncIterable<ChangedFrame>): AsyncGenerator<ChangedFrame, void, unknown> {
  let draw: ((data: Uint8Array) => void) | undefined;
  for await (const frame of frames) {
    draw ??= frameLabel(frame.form);
    draw(frame.data);
    yield frame;
  }
}

/** Up to `count` items of an iterator, which goes on to live. */
async function* taken<T>(
  iterator: AsyncGenerator<T, void, unknown>,
  count: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, unknown> {
  for (let k = 0; k < count && !signal?.aborted; k++) {
    const next = await iterator.next();
    if (next.done) return;
    yield next.value;
  }
}

async function finish(
  library: MediaLibrary,
  film: Film,
  folder: JobFolder,
  place: string,
  isPart: boolean,
  { tags, xmp }: FilmOptions,
): Promise<Omit<FilmResult, 'codecs'>> {
  const { done } = folder;
  const last = done.at(-1);
  const result = {
    frames: done.reduce((sum, { frames }) => sum + frames, 0),
    changed: done.reduce((sum, { changed }) => sum + changed, 0),
    duration: (isPart ? (last?.last ?? film.begin) : film.end) - film.begin,
    isPart,
  };
  if (!last) {
    await folder.remove();
    if (isPart) return result;
    throw new FileError(film.name, 'has no frames that can be decoded');
  }
  const ending = endingOf(place);
  const whole = join(folder.path, `whole${ending}`);
  const sources = done.map((segment) => new library.FilePathSource(folder.pathOf(segment)));
  const until = isPart ? last.last : undefined;
  await joinSegments(library, film, sources, new library.FilePathTarget(whole), { ending, until, tags });
  if (xmp !== undefined && holdsXmp(place)) await appendFile(whole, xmpBox(xmp));
  await rename(whole, place);
  if (!isPart) await folder.remove();
  return result;
}
