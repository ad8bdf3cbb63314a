import { drawText, image, textWidth } from '@visage/faces';
import type { Box, Point } from '../core/geometry.ts';
import { PIXEL_BYTES, type Picture, picture } from '../core/picture.ts';

type Colour = readonly [red: number, green: number, blue: number];

const BOX: Colour = [64, 224, 64];
const POINT: Colour = [255, 64, 64];
const PAPER: Colour = [0, 0, 0];
const INK: Colour = [255, 255, 64];

/** Fills what of a rectangle lies inside the picture. */
function fill({ width, height, data }: Picture, box: Box, colour: Colour): void {
  const [left, top] = [Math.max(0, Math.round(box.x)), Math.max(0, Math.round(box.y))];
  const right = Math.min(width, Math.round(box.x + box.width));
  const bottom = Math.min(height, Math.round(box.y + box.height));
  for (let y = top; y < bottom; y++)
    for (let x = left; x < right; x++) data.set([...colour, 255], PIXEL_BYTES * (y * width + x));
}

/** Four lines along the edges of a box, inside it. */
function frame(target: Picture, { x, y, width, height }: Box, line: number, colour: Colour): void {
  fill(target, { x, y, width, height: line }, colour);
  fill(target, { x, y: y + height - line, width, height: line }, colour);
  fill(target, { x, y, width: line, height }, colour);
  fill(target, { x: x + width - line, y, width: line, height }, colour);
}

/** A text on a dark ground, `scale` pixels for each pixel of its font. */
function label(target: Picture, text: string, x: number, y: number, scale: number): void {
  const letters = image(textWidth(text), 5);
  drawText(letters, text, 0, 0);
  fill(target, { x, y, width: (letters.width + 1) * scale, height: 7 * scale }, PAPER);
  for (let row = 0; row < letters.height; row++)
    for (let column = 0; column < letters.width; column++) {
      if (letters.data[3 * (row * letters.width + column)] === 0) continue;
      fill(target, { x: x + (column + 1) * scale, y: y + (row + 1) * scale, width: scale, height: scale }, INK);
    }
}

/** What is drawn of a face. */
export interface DrawnFace {
  readonly box: Box;
  readonly points: readonly Point[];
}

/**
 * A copy of a picture with the boxes, the points and the numbers of faces drawn in; they are numbered from 0, as
 * given.
 */
export function drawFaces({ width, height, data }: Picture, faces: readonly DrawnFace[]): Picture {
  const drawn = picture(width, height, data.slice());
  const line = Math.max(1, Math.round(Math.max(width, height) / 800));
  for (const [k, { box, points }] of faces.entries()) {
    frame(drawn, box, line, BOX);
    for (const [x, y] of points) fill(drawn, { x: x - line, y: y - line, width: 2 * line, height: 2 * line }, POINT);
    const scale = 2 * line;
    const above = box.y - 7 * scale;
    label(drawn, String(k), Math.max(0, box.x), above < 0 ? Math.max(0, box.y) : above, scale);
  }
  return drawn;
}
