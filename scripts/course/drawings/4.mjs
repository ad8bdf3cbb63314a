/** The drawings of chapter 4. */
import { arrow, box, drawing, grid, label } from './svg.mjs';

/** The window of a pixel is a row of A. */
function im2col() {
  const inWindow = (row, column) => row >= 1 && row <= 3 && column >= 2 && column <= 4;
  const taps = ['↖', '↑', '↗', '←', '·', '→', '↙', '↓', '↘'];
  return drawing(
    640,
    230,
    'The nine pixels around a pixel, with all their channels, are one row of the matrix A',
    label(20, 24, 'x, [height, width, channels]', 'strong'),
    grid(20, 40, 6, 7, 26, (row, column) => (inWindow(row, column) ? (row === 2 && column === 3 ? 'b' : 'a') : '')),
    arrow(206, 118, 256, 90),
    label(262, 60, 'one row of A: nine taps, each with all channels', 'small'),
    grid(
      262,
      72,
      1,
      9,
      30,
      (_, k) => (k === 4 ? 'b' : 'a'),
      (_, k) => taps[k],
    ),
    label(262, 132, '·', 'strong'),
    label(280, 132, 'column of B: the filter of one output channel', 'small'),
    grid(
      262,
      142,
      1,
      9,
      30,
      () => 'd',
      (_, k) => taps[k],
    ),
    label(262, 204, '= one pixel of y in one channel', 'small'),
    box(470, 190, 22, 22, '', 'c'),
  );
}

/** The same triple of a pixel, a tap and a pixel, read three ways. */
function passes() {
  const row = (y, name, rows, columns, summed, fill) => [
    label(20, y + 18, name, 'strong'),
    box(180, y, 130, 26, rows, fill, 'small'),
    box(320, y, 110, 26, columns, fill, 'small'),
    box(440, y, 180, 26, summed, 'd', 'small'),
  ];
  return drawing(
    640,
    180,
    'Rows, columns and the summed index of the three products',
    label(180, 28, 'rows m', 'small'),
    label(320, 28, 'columns n', 'small'),
    label(440, 28, 'summed over k', 'small'),
    row(40, 'forward: y', 'pixels', 'channels of y', '9 taps x channels of x', 'a'),
    row(80, 'input gradient: dx', 'pixels', 'channels of x', '9 taps x channels of y', 'b'),
    row(120, 'weight gradient: dw', '9 taps x channels of x', 'channels of y', 'pixels', 'c'),
  );
}

/** The four steps of Winograd's algorithm for one tile. */
function winograd() {
  return drawing(
    660,
    246,
    'A window and a filter are transformed, multiplied place by place, and transformed back',
    label(20, 24, 'F(2x2): one tile of 2 x 2 pixels from a window of 4 x 4', 'strong'),
    grid(20, 44, 4, 4, 20, (row, column) => (row % 3 && column % 3 ? 'b' : 'a')),
    label(60, 138, 'window X', 'small', 'middle'),
    grid(30, 156, 3, 3, 20, () => 'd'),
    label(60, 228, 'filter w', 'small', 'middle'),
    arrow(106, 84, 176, 84),
    label(141, 76, 'Bᵀ X B', 'small', 'middle'),
    arrow(96, 186, 176, 186),
    label(136, 178, 'G w Gᵀ', 'small', 'middle'),
    grid(180, 44, 4, 4, 20, () => 'a'),
    grid(180, 146, 4, 4, 20, () => 'd'),
    arrow(264, 84, 334, 118),
    arrow(264, 186, 334, 148),
    label(300, 140, '⊙', 'strong', 'middle'),
    grid(340, 94, 4, 4, 20, () => 'c'),
    label(380, 190, '16 products for each', 'small', 'middle'),
    label(380, 204, 'pair of channels, summed', 'small', 'middle'),
    label(380, 218, 'over the channels of x', 'small', 'middle'),
    arrow(424, 134, 504, 134),
    label(464, 126, 'Aᵀ M A', 'small', 'middle'),
    grid(510, 114, 2, 2, 20, () => 'b'),
    label(560, 138, 'tile of y', 'small'),
  );
}

export const drawings = () => ({ im2col: im2col(), passes: passes(), winograd: winograd() });
