/** @file Parts of a film's frame: rectangles of its planes, cut out and put back on the host. */
import type { Box } from '../core/geometry.ts';
import { type PlaneForm, type PlaneLayout, packedLayout, samplingOf, shownSize } from './planes.ts';

/** A rectangle of a frame, whose planes are a small frame of their own. */
export interface PlanePart {
  /** Of the planes that were cut out. Colours and turns are those of the frame. */
  readonly form: PlaneForm;
  /** Where the part begins in the stored frame, in luma samples: even numbers. */
  readonly x: number;
  readonly y: number;
  /** The part in the picture as it is shown. */
  readonly window: Box;
}

/**
 * Pixels around what is needed. The colour of a pixel depends on chroma samples next to it, which are two pixels apart,
 * so the pixels inside are those of the whole frame to the bit.
 */
const MARGIN = 4;

/** The shortest side of a part. */
const SHORTEST = 64;

/** Steps between a side and its double. Kernels are compiled for each form, so there are few of them. */
const STEPS = 4;

/** The least side of a part that holds `length` pixels: 64, 80, 96, 112, 128, 160, … */
function sideFor(length: number): number {
  const step = 2 ** Math.floor(Math.log2(Math.max(SHORTEST, length))) / STEPS;
  return Math.max(SHORTEST, Math.ceil(length / step) * step);
}

/** Where a side of a part begins, and its length, along a side of the frame. */
function along(begin: number, end: number, whole: number): readonly [begin: number, length: number] {
  const length = sideFor(end - begin + 1); // one more, because it begins at an even number
  if (length >= whole) return [0, whole];
  const centred = Math.floor((begin + end - length) / 2);
  return [2 * Math.floor(Math.max(0, Math.min(centred, whole - length)) / 2), length];
}

/** The pixel of the turned and mirrored picture that a stored one is; see `shownOf` in kernels/photos/planes.wgsl. */
function shownOf({ width, height, rotation, flip }: PlaneForm, x: number, y: number): [number, number] {
  const turned: Readonly<Record<PlaneForm['rotation'], [number, number]>> = {
    0: [x, y],
    90: [height - 1 - y, x],
    180: [width - 1 - x, height - 1 - y],
    270: [y, width - 1 - x],
  };
  const [across, down] = turned[rotation];
  return [flip ? shownSize({ width, height, rotation }).width - 1 - across : across, down];
}

/** The stored pixel that a shown one is: the inverse of {@link shownOf}. */
function storedOf(form: PlaneForm, x: number, y: number): [number, number] {
  const { width, height, rotation, flip } = form;
  const across = flip ? shownSize(form).width - 1 - x : x;
  const stored: Readonly<Record<PlaneForm['rotation'], [number, number]>> = {
    0: [across, y],
    90: [y, height - 1 - across],
    180: [width - 1 - across, height - 1 - y],
    270: [width - 1 - y, across],
  };
  return stored[rotation];
}

/** The box whose pixels are those of another, each moved. */
function movedBox({ x, y, width, height }: Box, move: (x: number, y: number) => [number, number]): Box {
  const [ax, ay] = move(x, y);
  const [bx, by] = move(x + width - 1, y + height - 1);
  return {
    x: Math.min(ax, bx),
    y: Math.min(ay, by),
    width: Math.abs(ax - bx) + 1,
    height: Math.abs(ay - by) + 1,
  };
}

/** Has a frame 8 bits, 4:2:0 in three planes and even sides? Then parts of it can be changed in place. */
export const isPatchable = ({ format, width, height }: PlaneForm): boolean =>
  format === 'I420' && width % 2 === 0 && height % 2 === 0;

/** The whole frame as a part. */
export const wholePart = (form: PlaneForm): PlanePart => ({
  form,
  x: 0,
  y: 0,
  window: { x: 0, y: 0, ...shownSize(form) },
});

/** Does a box hold another? */
export const holdsBox = (outer: Box, { x, y, width, height }: Box): boolean =>
  x >= outer.x && y >= outer.y && x + width <= outer.x + outer.width && y + height <= outer.y + outer.height;

/**
 * The part of a frame that shows a box of whole pixels of the shown picture, with some more around it, of one of few
 * sizes. The whole frame if it is no {@link isPatchable} one, or if the part had more than half of its samples.
 *
 * @param box inside the picture.
 */
export function partOf(form: PlaneForm, box: Box): PlanePart {
  if (!isPatchable(form)) return wholePart(form);
  const stored = movedBox(box, (x, y) => storedOf(form, x, y));
  const [x, width] = along(stored.x - MARGIN, stored.x + stored.width + MARGIN, form.width);
  const [y, height] = along(stored.y - MARGIN, stored.y + stored.height + MARGIN, form.height);
  if (2 * width * height > form.width * form.height) return wholePart(form);
  const window = movedBox({ x, y, width, height }, (column, row) => shownOf(form, column, row));
  return { form: { ...form, width, height, ...packedLayout('I420', width, height) }, x, y, window };
}

/** Calls `visit` with where each row of a part lies in the frame, where in the part's own bytes, and its length. */
function eachRow(
  frame: readonly PlaneLayout[],
  { form, x, y }: PlanePart,
  part: readonly PlaneLayout[],
  visit: (inFrame: number, inPart: number, length: number) => void,
): void {
  const { subX, subY } = samplingOf('I420');
  for (const [plane, { offset, stride }] of part.entries()) {
    const [shareX, shareY] = plane === 0 ? [1, 1] : [subX, subY];
    const whole = frame[plane] as PlaneLayout;
    const first = whole.offset + (y / shareY) * whole.stride + x / shareX;
    for (let row = 0; row < form.height / shareY; row++)
      visit(first + row * whole.stride, offset + row * stride, form.width / shareX);
  }
}

/**
 * The planes of a part of a frame.
 *
 * @param data the frame's bytes, of the form `whole`, from which the part was made.
 * @param into where they are written; at least `part.form.bytes` long.
 */
export function cutPart(data: Uint8Array, whole: PlaneForm, part: PlanePart, into: Uint8Array): Uint8Array {
  eachRow(whole.layout, part, part.form.layout, (from, to, length) => {
    into.set(data.subarray(from, from + length), to);
  });
  return into.subarray(0, part.form.bytes);
}

/**
 * Overwrites a part of a frame by planes of I420 with the layout `layout`, of the same sides.
 *
 * @param data the frame's bytes, of the form `whole`; they are changed.
 */
export function putPart(
  data: Uint8Array,
  whole: PlaneForm,
  part: PlanePart,
  planes: Uint8Array,
  layout: readonly PlaneLayout[],
): void {
  eachRow(whole.layout, part, layout, (to, from, length) => {
    data.set(planes.subarray(from, from + length), to);
  });
}
