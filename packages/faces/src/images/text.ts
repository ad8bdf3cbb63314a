/** @file Small labels on images: a 3 x 5 pixel font, capitals only. */
import type { Image } from './image.ts';

/** One octal digit per row, top to bottom; bit 2 is the left pixel. */
const glyphs: Readonly<Record<string, string>> = {
  ...{ A: '25755', B: '65656', C: '34443', D: '65556', E: '74647', F: '74644', G: '34553', H: '55755', I: '72227' },
  ...{ J: '11152', K: '55655', L: '44447', M: '57755', N: '65555', O: '25552', P: '65644', Q: '25563', R: '65655' },
  ...{ S: '34216', T: '72222', U: '55553', V: '55522', W: '55775', X: '55255', Y: '55222', Z: '71247' },
  ...{ 0: '75557', 1: '26227', 2: '61247', 3: '61216', 4: '55711', 5: '74616', 6: '34652', 7: '71122', 8: '25252' },
  ...{ 9: '25316', '.': '00002', ',': '00024', ':': '02020', '-': '00700', '+': '02720', '/': '11244', '=': '07070' },
  ...{ '%': '51245', '(': '12221', ')': '42224', '>': '42124', '<': '12421', '!': '22202', '?': '61202', _: '00007' },
};

/** Pixels that a text takes up, at scale 1: four per letter, five high. */
export const textWidth = (text: string): number => 4 * text.length;

/** The pixels of the font that a text lights, as [x, y] from its upper left corner; unknown letters stay blank. */
export function textPixels(text: string): (readonly [x: number, y: number])[] {
  return [...text.toUpperCase()].flatMap((letter, n) =>
    [...(glyphs[letter] ?? '00000')].flatMap((digit, row) =>
      [0, 1, 2].filter((column) => (Number(digit) >> (2 - column)) & 1).map((column) => [4 * n + column, row] as const),
    ),
  );
}

/** Draws `text` with its upper left corner at (x, y), `scale` pixels per font pixel; unknown letters stay blank. */
export function drawText(target: Image, text: string, x: number, y: number, scale = 1, color = [1, 1, 1]): void {
  for (const [column, row] of textPixels(text)) fillSquare(target, x + column * scale, y + row * scale, scale, color);
}

function fillSquare(target: Image, x: number, y: number, side: number, color: readonly number[]): void {
  for (let row = Math.max(y, 0); row < Math.min(y + side, target.height); row++) {
    for (let column = Math.max(x, 0); column < Math.min(x + side, target.width); column++) {
      target.data.set(color, (row * target.width + column) * 3);
    }
  }
}
