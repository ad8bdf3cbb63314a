/** The drawings of chapter 2. */
import { arrow, box, circle, curve, drawing, grid, label, line } from './svg.mjs';

/** Which parts of A and B a tile of C needs. */
function product() {
  return drawing(
    620,
    280,
    'A tile of C is the product of a band of rows of A and a band of columns of B, summed in steps along k',
    box(20, 110, 200, 150),
    label(28, 128, 'A', 'strong'),
    box(20, 160, 200, 40, '', 'a'),
    box(92, 160, 36, 40, '', 'b'),
    label(110, 216, 'step', 'small', 'middle'),
    box(240, 10, 200, 90),
    label(248, 28, 'B', 'strong'),
    box(330, 10, 40, 90, '', 'a'),
    box(330, 42, 40, 18, '', 'b'),
    box(240, 110, 200, 150),
    label(248, 128, 'C', 'strong'),
    box(330, 160, 40, 40, 'tile', 'c', 'small'),
    arrow(222, 180, 328, 180),
    arrow(350, 102, 350, 158),
    label(452, 180, 'one workgroup', 'small'),
    label(20, 100, 'k runs along the rows of A', 'small'),
    label(452, 55, 'and down the columns of B', 'small'),
  );
}

/** The square of sums of one thread, as an outer product. */
function registers() {
  const [x, y, side] = [90, 84, 34];
  return drawing(
    460,
    236,
    'Four values of A and four of B make sixteen products',
    label(20, 24, 'one k: 4 + 4 values are loaded, 16 products are added', 'strong'),
    grid(
      x,
      y - side - 8,
      1,
      4,
      side,
      () => 'a',
      (_, k) => `b${k}`,
    ),
    grid(
      x - side - 8,
      y,
      4,
      1,
      side,
      () => 'b',
      (k) => `a${k}`,
    ),
    grid(
      x,
      y,
      4,
      4,
      side,
      () => 'c',
      (i, j) => `${i}${j}`,
    ),
    label(x + 4 * side + 16, y + 60, 'sums[i][j] += a[i] · b[j]', 'mono small'),
    label(x + 4 * side + 16, y + 80, 'the sums stay in registers', 'small'),
  );
}

/** The two roofs over the versions, each at its operations a byte; positions are logarithmic. */
function roof() {
  const at = (intensity, rate) => [70 + 62 * Math.log2(intensity * 8), 250 - 26 * Math.log2(rate * 4)];
  const bound = (intensity) => Math.min(intensity, 32); // in units of the copy; the arithmetic is 32 times as fast here
  const versions = [
    ['naive', 0.25],
    ['registers', 1],
    ['tile', 4],
    ['tile and registers, staged', 64 / 3],
    ['matrices, staged', 64],
  ];
  const marks = versions.map(([name, intensity]) => {
    const [x, y] = at(intensity, bound(intensity));
    return [
      line(x, y, x, 265, 'dash'),
      circle(x, y, 4, '', 'b'),
      label(x - 8, y - 8, name, 'small', 'end'),
      label(x, 280, intensity.toFixed(intensity < 1 ? 2 : 0), 'small', 'middle'),
    ];
  });
  return drawing(
    720,
    310,
    'A kernel is bounded by the memory as long as it does few operations for each byte, and by the arithmetic after that',
    line(70, 265, 700, 265),
    line(70, 265, 70, 20),
    label(390, 300, 'operations for each byte', 'small', 'middle'),
    label(78, 30, 'operations a second, at most', 'small'),
    curve([at(1 / 4, 1 / 4), at(32, 32), at(128, 32)], 'a'),
    label(400, 200, 'the memory bounds', 'small'),
    label(at(34, 32)[0] + 16, at(1, 32)[1] + 24, 'the arithmetic bounds', 'small'),
    marks,
  );
}

/** What a thread does over time, without and with the next tile under way. */
function staging() {
  const lane = (y, title, steps) => [
    label(20, y - 8, title),
    steps.map(([from, length, text, fill]) => box(20 + from, y, length, 26, text, fill, 'small')),
  ];
  const tile = (k) => [
    [170 * k, 90, `load ${k}`, 'a'],
    [170 * k + 90, 18, '', 'd'],
    [170 * k + 108, 62, `multiply ${k}`, 'c'],
  ];
  const overlapped = [0, 1, 2, 3, 4].map((k) => [90 * k, 90, `load ${k}`, 'a']);
  const behind = [0, 1, 2, 3].flatMap((k) => [
    [90 * k + 90, 18, '', 'd'],
    [90 * k + 108, 62, `multiply ${k}`, 'c'],
  ]);
  return drawing(
    600,
    215,
    'When the next tile is loaded while this one is multiplied, the time of the loads hides that of the products',
    lane(38, '4: load, store into workgroup memory, multiply, one after the other', [0, 1, 2].flatMap(tile)),
    lane(112, '5: the load of the next tile is under way', overlapped),
    lane(146, '', behind),
    box(20, 186, 14, 14, '', 'd'),
    label(40, 198, 'store into workgroup memory, and wait for the others. Lengths are not to scale.', 'small'),
  );
}

export const drawings = () => ({ product: product(), registers: registers(), roof: roof(), staging: staging() });
