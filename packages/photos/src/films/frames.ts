/** @file The frames of a film through the GPU: planes to pictures, the change, and back to planes. */
import { currentGpu, type Gpu, uploadRoom } from '@visage/gpu';
import { scope, type Tensor } from '@visage/tensor';
import type { GpuPicture } from '../warp/gpuPicture.ts';
import { ahead } from './ahead.ts';
import type { FilmFrame } from './film.ts';
import { downloadPlanes, frameOf, pictureOfPlanes, pictureToPlanes, uploadPlanes, writtenForm } from './gpuPlanes.ts';
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
   * @returns what {@link FrameWork.change} needs, or nothing for a frame that stays as it is.
   */
  look(frame: GpuPicture, moment: FrameMoment): Promise<Seen | undefined>;
  /**
   * Launches what changes the frame, and does not wait for it. The next frames are looked at meanwhile. The result
   * belongs to the caller.
   */
  change(frame: GpuPicture, seen: Seen): GpuPicture;
}

/** Frames that wait between looking and changing, and between changing and the encoder. */
const WAITING = { looked: 1, changed: 2 } as const;

/**
 * Frames that may be on their way to the GPU. Old uploads are waited for before there are new ones: frames that nobody
 * looks at would fill the host's memory.
 */
const UPLOADS = 4;

interface OnGpu {
  readonly frame: FilmFrame;
  readonly planes: Tensor;
  readonly picture: GpuPicture;
}

const release = ({ planes, picture }: OnGpu): void => {
  planes.dispose();
  picture.pixels.dispose();
};

/** Can a frame be encoded as it is? */
const isWritable = ({ format, width, height }: FilmFrame['form']): boolean =>
  format === 'I420' && width % 2 === 0 && height % 2 === 0;

async function* looked<Seen>(
  frames: AsyncIterable<FilmFrame>,
  work: FrameWork<Seen>,
  gpu: Gpu,
): AsyncGenerator<OnGpu & { readonly seen: Seen | undefined }, void, unknown> {
  let shared: Tensor | undefined; // by the pictures of all frames
  let of = '';
  try {
    for await (const frame of frames) {
      const { data, form, timestamp } = frame;
      const size = JSON.stringify([form.width, form.height, form.rotation]);
      if (size !== of) {
        shared?.dispose();
        shared = frameOf(form, gpu);
        of = size;
      }
      const planes = uploadPlanes(data, form, gpu);
      const picture = pictureOfPlanes(planes, form, shared as Tensor);
      const made = { frame, planes, picture };
      try {
        await uploadRoom(gpu, UPLOADS * data.length);
        const seen = await work.look(picture, { timestamp, thumbnail: thumbnailOf(data, form) });
        yield { ...made, seen };
      } catch (cause) {
        release(made);
        throw cause;
      }
    }
  } finally {
    shared?.dispose();
  }
}

/** A frame whose bytes may still be on their way. */
interface Written {
  readonly frame: FilmFrame;
  readonly changed: boolean;
  readonly data: Promise<Uint8Array>;
}

function written<Seen>(item: OnGpu & { readonly seen: Seen | undefined }, work: FrameWork<Seen>): Written {
  const { frame, planes, picture, seen } = item;
  const isChanged = seen !== undefined;
  try {
    if (!isChanged && isWritable(frame.form)) return { frame, changed: false, data: Promise.resolve(frame.data) };
    const out = scope(() => {
      const after = seen === undefined ? picture : work.change(picture, seen);
      return pictureToPlanes(planes, frame.form, picture, after);
    });
    const data = downloadPlanes(out).finally(() => out.dispose());
    data.catch(() => undefined); // whoever takes it sees the error
    const form = writtenForm(frame.form);
    return { frame: { ...frame, form }, changed: isChanged, data };
  } finally {
    release(item);
  }
}

async function* changing<Seen>(
  items: AsyncIterable<OnGpu & { readonly seen: Seen | undefined }>,
  work: FrameWork<Seen>,
): AsyncGenerator<Written, void, unknown> {
  for await (const item of items) yield written(item, work);
}

/** A frame as it is encoded, and whether anything in it was changed. */
export interface ChangedFrame extends FilmFrame {
  readonly changed: boolean;
}

/**
 * Changes the frames of a film on the GPU.
 *
 * Three frames and more are in flight: while one is looked at, the one before it is changed, and those before that are
 * copied to the host and encoded. No more are made than are taken, so memory stays as it is, however long the film.
 *
 * @returns the frames in order, as I420 of even sides. Frames that stay as they are have the bytes that came in.
 */
export async function* changedFrames<Seen>(
  frames: AsyncIterable<FilmFrame>,
  work: FrameWork<Seen>,
  gpu: Gpu = currentGpu(),
): AsyncGenerator<ChangedFrame, void, unknown> {
  const inHand = ahead(looked(ahead(frames, 1), work, gpu), WAITING.looked, release);
  for await (const { frame, changed, data } of ahead(changing(inHand, work), WAITING.changed))
    yield { ...frame, data: await data, changed };
}
