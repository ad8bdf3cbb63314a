/** @file The visible corner label of swapped pictures. */

/** Letters of the label, five pixels wide and seven high, a row per number, most significant bit left. */
const GLYPHS: Readonly<Record<string, readonly number[]>> = {
  A: [0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001],
  C: [0b01110, 0b10001, 0b10000, 0b10000, 0b10000, 0b10001, 0b01110],
  E: [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111],
  H: [0b10001, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001],
  I: [0b01110, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
  N: [0b10001, 0b11001, 0b10101, 0b10101, 0b10011, 0b10001, 0b10001],
  S: [0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110],
  T: [0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100],
  Y: [0b10001, 0b10001, 0b01010, 0b00100, 0b00100, 0b00100, 0b00100],
};
const [GLYPH_WIDTH, GLYPH_HEIGHT] = [6, 7]; // the width includes the gap to the next letter

/** Pixels of an image, RGB, one byte each, row by row. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * Draws "SYNTHETIC" (or "AI" where that would cover more than half the width) into the lower right corner: white letters on a darkened box.
 *
 * Changes the pixels in place.
 */
export function drawLabel(image: Pixels): void {
  const scale = Math.max(1, Math.floor(image.width / 200));
  const fits = (text: string) => text.length * GLYPH_WIDTH * scale <= image.width / 2;
  const text = fits('SYNTHETIC') ? 'SYNTHETIC' : 'AI';
  const [width, height] = [(text.length * GLYPH_WIDTH + 3) * scale, (GLYPH_HEIGHT + 4) * scale];
  const [left, top] = [image.width - width, image.height - height];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      paint(image, left + x, top + y, isInk(text, Math.floor(x / scale) - 2, Math.floor(y / scale) - 2));
    }
  }
}

/** Is this pixel of the text, in glyph units from its upper left corner, part of a letter? */
function isInk(text: string, x: number, y: number): boolean {
  if (x < 0 || y < 0) return false;
  const row = GLYPHS[text[Math.floor(x / GLYPH_WIDTH)] ?? '']?.[y] ?? 0;
  return ((row >> (4 - (x % GLYPH_WIDTH))) & 1) === 1;
}

function paint({ width, height, data }: Pixels, x: number, y: number, ink: boolean): void {
  if (x < 0 || y < 0 || x >= width || y >= height) return;
  const at = (y * width + x) * 3;
  for (let c = 0; c < 3; c++) data[at + c] = ink ? 255 : Math.round((data[at + c] as number) * 0.35);
}
