/** @file One frame of a film on the GPU: as much of it as is asked for. */
import { ArgumentError, type Gpu, readInPlace } from '@visage/gpu';
import { keep, scope, type Tensor, tensor } from '@visage/tensor';
import type { Box } from '../core/geometry.ts';
import { type GpuPicture, showBox } from '../warp/gpuPicture.ts';
import type { FilmFrame } from './film.ts';
import { downloadPlanes, pictureOfPlanes, pictureToPlanes, uploadPlanes, writtenForm } from './gpuPlanes.ts';
import { cutPart, holdsBox, isPatchable, type PlanePart, partOf, putPart, wholePart } from './planeParts.ts';
import { type PlaneLayout, shownSize } from './planes.ts';

/** A picture of which any part can be had on the GPU, for instance a frame of a film. */
export interface FrameView {
  /** The sides of the whole picture, as it is shown. */
  readonly width: number;
  readonly height: number;
  /**
   * The picture on the GPU, or a part of it that holds at least `box`. It belongs to the frame.
   *
   * @param box whole pixels inside the picture. Default: all of it.
   */
  picture(box?: Box): GpuPicture;
}

/** The view of a picture that is on the GPU anyway. */
export const viewOf = (picture: GpuPicture): FrameView => ({ ...picture, picture: () => picture });

interface HeldPart {
  readonly part: PlanePart;
  readonly planes: Tensor;
  readonly picture: GpuPicture;
}

/** A frame of a film. Parts of it go to the GPU when they are asked for, and what was changed in them comes back. */
export class FrameOnGpu implements FrameView {
  readonly width: number;
  readonly height: number;
  readonly frame: FilmFrame;
  readonly #gpu: Gpu;
  readonly #held: HeldPart[] = [];
  readonly #scratch: () => Uint8Array;

  /**
   * @param scratch memory of a frame's size in which parts are put together, aligned to words; its content may be
   * overwritten as soon as {@link FrameOnGpu.picture} returns. Default: new memory each time.
   */
  constructor(frame: FilmFrame, gpu: Gpu, scratch = () => new Uint8Array(frame.form.bytes)) {
    this.frame = frame;
    this.#gpu = gpu;
    this.#scratch = scratch;
    const { width, height } = shownSize(frame.form);
    [this.width, this.height] = [width, height];
  }

  picture(box?: Box): GpuPicture {
    const { form } = this.frame;
    const needed = box ?? wholePart(form).window;
    const known = this.#held.find(({ part }) => holdsBox(part.window, needed));
    return (known ?? this.#hold(box ? partOf(form, box) : wholePart(form))).picture;
  }

  #hold(part: PlanePart): HeldPart {
    const { data, form } = this.frame;
    const isWhole = part.form === form;
    const held = scope(() => {
      const bytes = isWhole ? data : cutPart(data, form, part, this.#scratch());
      const planes = keep(uploadPlanes(bytes, part.form, this.#gpu));
      const { x, y, width, height } = part.window;
      const frame = keep(tensor(Int32Array.of(x, y, width, height), [4], { gpu: this.#gpu }));
      const { pixels } = pictureOfPlanes(planes, part.form, frame);
      const picture = { width: this.width, height: this.height, window: part.window, pixels: keep(pixels), frame };
      return { part, planes, picture };
    });
    this.#held.push(held);
    return held;
  }

  /**
   * Launches a change and its conversion to planes, and copies those to the host.
   *
   * @param change makes the changed picture: of the whole frame, or of a window that {@link FrameOnGpu.picture} gave.
   * What it makes is freed.
   * @returns the changed frame, as I420 of even sides. A frame that has that form is changed in place, and only the
   * window is copied.
   * @throws ArgumentError for a picture of another window.
   */
  changed(change: () => GpuPicture): Promise<FilmFrame> {
    const { frame } = this;
    let part = wholePart(frame.form);
    const out = scope(() => {
      const after = change();
      const held = this.#partOf(after.window);
      part = held.part;
      return pictureToPlanes(held.planes, part.form, held.picture, after);
    });
    const { layout } = writtenForm(part.form);
    return this.#read(out, part, layout).finally(() => out.dispose());
  }

  /** The frame with changed planes of a part. */
  async #read(planes: Tensor, part: PlanePart, layout: readonly PlaneLayout[]): Promise<FilmFrame> {
    const { frame } = this;
    const { data, form } = frame;
    if (!isPatchable(form)) return { ...frame, data: await downloadPlanes(planes), form: writtenForm(form) };
    await readInPlace(planes.gpu, planes.buffer, (bytes) => putPart(data, form, part, bytes, layout));
    return frame;
  }

  #partOf(window: Box): HeldPart {
    const known = this.#held.find(({ part }) => holdsBox(part.window, window) && holdsBox(window, part.window));
    if (known) return known;
    const whole = wholePart(this.frame.form);
    if (holdsBox(window, whole.window)) return this.#hold(whole);
    throw new ArgumentError(
      'changedFrames',
      "change's window",
      showBox(window),
      'the window of a picture that the frame gave',
      'Change what `frame.picture(box)` returns; its window may be larger than the box',
    );
  }

  /** Gives the memory of all parts back. Launches that were issued before still see it. */
  dispose(): void {
    for (const { planes, picture } of this.#held.splice(0))
      for (const owned of [planes, picture.pixels, picture.frame]) owned.dispose();
  }
}
