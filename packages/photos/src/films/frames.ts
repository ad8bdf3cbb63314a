/** @file The frames of a film through the GPU: planes to pictures, the change, and back to planes. */
import { currentGpu, type Gpu, uploadRoom } from '@visage/gpu';
import type { GpuPicture } from '../warp/gpuPicture.ts';
import { ahead } from './ahead.ts';
import type { FilmFrame } from './film.ts';
import { FrameOnGpu, type FrameView } from './frameOnGpu.ts';
import { isPatchable } from './planeParts.ts';
import { thumbnailOf } from './thumbnail.ts';

/** Which frame it is. */
export interface FrameMoment {
  /** Seconds. */
  readonly timestamp: number;
  /** A small picture of its luma, by which cuts are found; see {@link thumbnailOf}. */
  readonly thumbnail: Uint8Array;
}

/** What is done with each frame of a film. */
export interface FrameWork<Seen> {
  /**
   * Looks at a frame: called for one after the other, in order.
   *
   * @param frame only what is asked of it goes to the GPU; a part of the picture is cheaper than all of it.
   * @returns what {@link FrameWork.change} needs, or nothing for a frame that stays as it is.
   */
  look(frame: FrameView, moment: FrameMoment): Promise<Seen | undefined>;
  /**
   * Launches what changes the frame, and does not wait for it. The next frame is looked at meanwhile.
   *
   * @returns the changed picture, of the window that `frame.picture` gave, or of the whole frame.
   */
  change(frame: FrameView, seen: Seen): GpuPicture;
}

/** Frames that wait for their planes from the GPU, and for the encoder. */
const WAITING = 2;

/**
 * Frames that may be on their way to the GPU. Old uploads are waited for before there are new ones: work that looks at
 * frames and waits for nothing would fill the host's memory.
 */
const UPLOADS = 4;

/** A frame that was looked at. */
interface Looked<Seen> {
  readonly view: FrameOnGpu;
  readonly seen: Seen | undefined;
}

/** A frame as it is encoded, and whether anything in it was changed. */
export interface ChangedFrame extends FilmFrame {
  readonly changed: boolean;
}

/** Launches what changes a frame. Its bytes may still be on their way. */
function launched<Seen>({ view, seen }: Looked<Seen>, work: FrameWork<Seen>): Promise<ChangedFrame> {
  const { frame } = view;
  const isChanged = seen !== undefined;
  try {
    if (!isChanged && isPatchable(frame.form)) return Promise.resolve({ ...frame, changed: false });
    const made = view.changed(() => (isChanged ? work.change(view, seen) : view.picture()));
    return made.then((after) => ({ ...after, changed: isChanged }));
  } finally {
    view.dispose();
  }
}

/**
 * Looks at frames in order, and launches the change of each as soon as the launches that look at the next one are
 * submitted. So the GPU has a change to compute while the host reads what was seen of the next frame.
 */
async function* changing<Seen>(
  frames: AsyncIterable<FilmFrame>,
  work: FrameWork<Seen>,
  gpu: Gpu,
): AsyncGenerator<{ readonly frame: Promise<ChangedFrame> }, void, unknown> {
  let scratch = new Uint8Array(0);
  let before: Looked<Seen> | undefined;
  let looking: { readonly view: FrameOnGpu; readonly seen: Promise<Seen | undefined> } | undefined;
  const next = (): Promise<ChangedFrame> | undefined => {
    const looked = before;
    before = undefined;
    const frame = looked && launched(looked, work);
    frame?.catch(() => undefined); // whoever takes it sees the error
    return frame;
  };
  const iterator = frames[Symbol.asyncIterator]();
  const following = async () => {
    const { done, value: frame } = await iterator.next();
    return done ? undefined : { frame, thumbnail: thumbnailOf(frame.data, frame.form) };
  };
  try {
    for (let moment = await following(); moment; ) {
      const { frame, thumbnail } = moment;
      const { form, timestamp } = frame;
      if (scratch.length < form.bytes) scratch = new Uint8Array(4 * Math.ceil(form.bytes / 4));
      const view = new FrameOnGpu(frame, gpu, () => scratch);
      looking = { view, seen: work.look(view, { timestamp, thumbnail }) };
      looking.seen.catch(() => undefined); // thrown below
      const changed = next();
      if (changed) yield { frame: changed };
      moment = await following(); // while the device looks: what comes behind the look holds up the next one
      before = { view, seen: await looking.seen };
      looking = undefined;
      await uploadRoom(gpu, UPLOADS * form.bytes);
    }
    const last = next();
    if (last) yield { frame: last };
  } finally {
    await iterator.return?.();
    before?.view.dispose();
    await looking?.seen.catch(() => undefined);
    looking?.view.dispose();
  }
}

/**
 * Changes the frames of a film on the GPU.
 *
 * Three frames and more are in flight: while one is looked at, the one before it is changed, and those before that are
 * copied to the host and encoded. No more are made than are taken, so memory stays as it is, however long the film.
 *
 * @param frames their bytes may be changed in place.
 * @returns the frames in order, as I420 of even sides. Frames that stay as they are have the bytes that came in.
 */
export async function* changedFrames<Seen>(
  frames: AsyncIterable<FilmFrame>,
  work: FrameWork<Seen>,
  gpu: Gpu = currentGpu(),
): AsyncGenerator<ChangedFrame, void, unknown> {
  for await (const { frame } of ahead(changing(ahead(frames, 1), work, gpu), WAITING)) yield await frame;
}
