/**
 * @file The optional packages of films: mediabunny for containers, `@napi-rs/webcodecs` for codecs. They are installed
 * into the folder `films/` of this package, with versions and hashes of its own lock file, so that who never meets a
 * film does without their 78 MB.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VisageError } from '@visage/gpu';
import { type Film, openFilm } from '../../films/film.ts';
import type { MediaLibrary } from '../../films/media.ts';

/** Classes of WebCodecs, which mediabunny looks for among the globals. */
const CODECS = [
  'VideoEncoder',
  'VideoDecoder',
  'AudioEncoder',
  'AudioDecoder',
  'VideoFrame',
  'AudioData',
  'EncodedVideoChunk',
  'EncodedAudioChunk',
  'VideoColorSpace',
] as const;

/** What users should know of the packages before they pass them on. */
export const filmLicences: readonly string[] = [
  'mediabunny 1.61.0, MPL-2.0: reads and writes MP4, MOV, MKV, WebM and MPEG-TS',
  '@napi-rs/webcodecs 1.3.1, MIT: WebCodecs for Node. Its binary holds FFmpeg 8.0.1 with x264 and x265 (GPL-2 or',
  '  later) and LAME (LGPL). Whoever passes that binary on has to keep the terms of the GPL. Visage does not contain it.',
];

/** The folder with the manifest and the lock file of the packages. */
function filmsFolder(): string {
  // both from `src/` and from `dist/`
  let at = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(at, 'films', 'package-lock.json'))) {
    if (dirname(at) === at) throw new VisageError('@visage/photos: its folder `films` is missing; install it again');
    at = dirname(at);
  }
  return join(at, 'films');
}

/** Are the packages of films installed? */
export function hasFilmLibraries(): boolean {
  const modules = join(filmsFolder(), 'node_modules');
  return existsSync(join(modules, 'mediabunny')) && existsSync(join(modules, '@napi-rs', 'webcodecs'));
}

/**
 * Installs the packages of films: `npm ci` in their folder, with the hashes of their lock file and without scripts.
 *
 * @throws VisageError if npm fails; its own message stands on stderr.
 */
export async function installFilmLibraries(): Promise<void> {
  const folder = filmsFolder();
  const options = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = spawn('npm', options, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  const status = await new Promise<number | null>((resolve) => {
    npm.on('error', () => resolve(null));
    npm.on('close', resolve);
  });
  if (status !== 0) throw new VisageError(`installFilmLibraries: npm ci failed in ${folder}; its message stands above`);
}

let loaded: MediaLibrary | undefined;

/**
 * The library that reads and writes films. In Node it works with the codecs of `@napi-rs/webcodecs`, which become
 * globals unless the globals are there already.
 *
 * @throws VisageError if the packages are not installed or have no binary for this machine; it says how to get them.
 */
export async function filmLibrary(): Promise<MediaLibrary> {
  if (loaded) return loaded;
  if (!hasFilmLibraries())
    throw new VisageError(
      'filmLibrary: films need two packages that are not installed yet (78 MB); `installFilmLibraries` installs them',
    );
  const load = createRequire(join(filmsFolder(), 'package.json'));
  const codecs = loadCodecs(load);
  for (const name of CODECS) if (!(name in globalThis)) Object.assign(globalThis, { [name]: codecs[name] });
  loaded = load('mediabunny') as MediaLibrary;
  return loaded;
}

function loadCodecs(load: NodeRequire): Record<string, unknown> {
  try {
    return load('@napi-rs/webcodecs') as Record<string, unknown>;
  } catch (cause) {
    const machine = `${process.platform} ${process.arch}`;
    throw new VisageError(
      `filmLibrary: the codecs have no binary for this machine (${machine}): ${(cause as Error).message}`,
    );
  }
}

/**
 * Runs `work` while Node stays alive. The codecs do their work in threads that Node does not know of; without anything
 * else to wait for it would end in the middle, with exit code 13.
 */
export async function whileAlive<T>(work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, 1 << 30);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/**
 * Opens a film file; while its frames are read, Node stays alive.
 *
 * @throws FileError as {@link openFilm} does, VisageError as {@link filmLibrary} does.
 */
export async function openFilmFile(path: string): Promise<Film> {
  const library = await filmLibrary();
  const film = await openFilm(library, new library.FilePathSource(path), path);
  async function* read(...place: Parameters<Film['read']>) {
    const timer = setInterval(() => undefined, 1 << 30);
    try {
      yield* film.read(...place);
    } finally {
      clearInterval(timer);
    }
  }
  return { ...film, read };
}
