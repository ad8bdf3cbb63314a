/** @file The mark for people: a word in the lower right corner of a picture, white on a darkened box. */
import { type Image, textPixels, textWidth } from '@visage/faces';
import type { Picture } from '../core/picture.ts';

const DARKER = 0.3; // what remains of the brightness behind the word
const WIDTHS = 240; // the word is made of pixels of this fraction of the width, 36 of them in a row

/** Where the label of a picture of some size lies. */
interface Layout {
  /** The darkened box reaches from here to the lower right corner. */
  readonly left: number;
  readonly top: number;
  /** Pixels of the picture in a pixel of the font, along each side. */
  readonly scale: number;
  /** Upper left corners of the word's squares. */
  readonly lit: readonly (readonly [x: number, y: number])[];
}

/** "SYNTHETIC", or "AI" where that would take more than half the width. */
function layoutOf(width: number, height: number): Layout {
  const scale = Math.max(1, Math.round(width / WIDTHS));
  const text = textWidth('SYNTHETIC') * scale <= width / 2 ? 'SYNTHETIC' : 'AI';
  const [left, top] = [Math.max(0, width - (textWidth(text) + 2) * scale), Math.max(0, height - 8 * scale)];
  const margin = Math.floor(1.5 * scale);
  const lit = textPixels(text).map(([x, y]) => [left + margin + x * scale, top + margin + y * scale] as const);
  return { left, top, scale, lit };
}

/** Calls `visit` with the place of each pixel of a rectangle that lies in the picture, counted in pixels. */
function inside(
  { width, height }: Pick<Picture, 'width' | 'height'>,
  left: number,
  top: number,
  right: number,
  bottom: number,
  visit: (pixel: number) => void,
): void {
  for (let y = top; y < Math.min(bottom, height); y++)
    for (let x = left; x < Math.min(right, width); x++) visit(y * width + x);
}

/**
 * Draws a label into the lower right corner of a picture or an image, in place: "SYNTHETIC" in white, 15 % of the
 * width, on a darkened box that becomes opaque; "AI" where that word would take more than half of the width.
 */
export function drawLabel(target: Picture | Image): void {
  const { width, height, data } = target;
  const bytes = data instanceof Uint8Array;
  const [samples, white] = bytes ? [4, 255] : [3, 1];
  const { left, top, scale, lit } = layoutOf(width, height);
  inside(target, left, top, width, height, (pixel) => {
    for (let c = 0; c < 3; c++) data[pixel * samples + c] = DARKER * (data[pixel * samples + c] as number);
    if (bytes) data[pixel * samples + 3] = white;
  });
  for (const [x, y] of lit)
    inside(target, x, y, x + scale, y + scale, (pixel) => {
      data.fill(white, pixel * samples, pixel * samples + 3);
    });
}

/**
 * Whether the label of {@link drawLabel} is in a picture: all but a tenth of the word's squares must be brighter, and
 * all but a tenth of the pixels around them darker, than the middle of what the label draws. It is found behind losses
 * of JPEG, and not in a picture that was cropped or resized afterwards.
 */
export function hasLabel(picture: Picture): boolean {
  const { width, height, data } = picture;
  const { left, top, scale, lit } = layoutOf(width, height);
  const middle = (255 + DARKER * 255) / 2;
  const word = new Set<number>();
  for (const [x, y] of lit) inside(picture, x, y, x + scale, y + scale, (pixel) => word.add(pixel));
  const counts = { lit: [0, 0], dark: [0, 0] } as { readonly lit: [number, number]; readonly dark: [number, number] };
  inside(picture, left, top, width, height, (pixel) => {
    const [r, g, b] = [data[4 * pixel], data[4 * pixel + 1], data[4 * pixel + 2]] as [number, number, number];
    const bright = (r + g + b) / 3 > middle;
    const count = word.has(pixel) ? counts.lit : counts.dark;
    count[bright ? 1 : 0] += 1;
  });
  return counts.lit[1] > 9 * counts.lit[0] && counts.dark[0] > 9 * counts.dark[1];
}
