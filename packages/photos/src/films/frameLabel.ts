/** @file The visible label of pictures, drawn into the planes of frames. */
import { picture } from '../core/picture.ts';
import { drawLabel } from '../marks/label.ts';
import { type PlaneForm, type PlaneLayout, ranges, shownSize } from './planes.ts';

/** What the label does to a sample: new = keep · old + add. */
interface Change {
  readonly at: number;
  readonly keep: number;
  readonly add: number;
}

/** Where a stored pixel is shown. */
function shownPixel({ width, height, rotation, flip }: PlaneForm, x: number, y: number): [x: number, y: number] {
  const turned: Record<PlaneForm['rotation'], [number, number]> = {
    0: [x, y],
    90: [height - 1 - y, x],
    180: [width - 1 - x, height - 1 - y],
    270: [y, width - 1 - x],
  };
  const [u, v] = turned[rotation];
  return [flip ? shownSize({ width, height, rotation }).width - 1 - u : u, v];
}

/**
 * What draws the label of `drawLabel` into the bytes of frames of a form, in place; it stands upright in the corner of
 * what players show.
 *
 * @param form I420 of even sides.
 */
export function frameLabel(form: PlaneForm): (data: Uint8Array) => void {
  const { width, height } = shownSize(form);
  const [black, white] = [picture(width, height), picture(width, height)];
  white.data.fill(255);
  drawLabel(black);
  drawLabel(white);
  /** A shade of the label is affine in the old one: what becomes of black and of white says it all. */
  const shade = (x: number, y: number): { readonly keep: number; readonly add: number } => {
    const [u, v] = shownPixel(form, x, y);
    const at = 4 * (v * width + u);
    const [low, high] = [black.data[at] as number, white.data[at] as number];
    return { keep: (high - low) / 255, add: low / 255 };
  };
  const range = ranges(form);
  const [luma, ...chroma] = form.layout as [PlaneLayout, PlaneLayout, PlaneLayout];
  const changes: Change[] = [];
  for (let y = 0; y < form.height; y++) {
    for (let x = 0; x < form.width; x++) {
      const { keep, add } = shade(x, y);
      if (keep === 1) continue;
      const offset = range.black * (1 - keep) + range.luma * add;
      changes.push({ at: luma.offset + y * luma.stride + x, keep, add: offset });
      if (x % 2 === 1 || y % 2 === 1) continue;
      for (const { offset: first, stride } of chroma)
        changes.push({ at: first + (y / 2) * stride + x / 2, keep, add: 128 * (1 - keep) });
    }
  }
  return (data) => {
    for (const { at, keep, add } of changes) data[at] = Math.round(keep * (data[at] as number) + add);
  };
}
