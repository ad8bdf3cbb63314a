/** The drawings of chapter 1. */
import { arrow, box, drawing, grid, label, line } from './svg.mjs';

/** Host and device, the queue between them, and where a buffer's values are when. */
function machine() {
  const step = (y, number, text) => label(24, y, `${number}  ${text}`, 'small');
  return drawing(
    640,
    220,
    'The host writes commands into a queue; the device takes them out, in order, and works on buffers in its memory',
    box(10, 10, 250, 200),
    label(24, 32, 'host: TypeScript', 'strong'),
    step(62, 1, 'writeBuffer(x, values)'),
    step(92, 2, 'dispatchWorkgroups: run the kernel'),
    step(122, 3, 'copyBufferToBuffer(y, staging)'),
    step(152, 4, 'await staging.mapAsync()'),
    step(182, 5, 'read the values'),
    box(292, 80, 90, 54, 'queue', 'b'),
    arrow(262, 107, 290, 107),
    arrow(384, 107, 412, 107),
    box(414, 10, 216, 200),
    label(428, 32, 'device', 'strong'),
    box(428, 48, 90, 30, 'buffer x', 'a'),
    box(428, 98, 90, 30, 'kernel', 'c'),
    box(428, 148, 90, 30, 'buffer y', 'a'),
    arrow(473, 80, 473, 96),
    arrow(473, 130, 473, 146),
    box(530, 148, 90, 30, 'staging', 'd'),
    arrow(518, 163, 529, 163),
    label(535, 66, 'memory that', 'small'),
    label(535, 81, 'only the', 'small'),
    label(535, 96, 'device reaches', 'small'),
    line(575, 180, 575, 198, 'dash'),
    line(575, 198, 100, 198, 'dash'),
    arrow(100, 198, 100, 188),
  );
}

/** 100 values, workgroups of 64 threads. */
function workgroups() {
  const side = 9;
  const threads = (x, from) => grid(x, 50, 8, 8, side, (row, column) => (from + 8 * row + column < 100 ? 'c' : ''));
  return drawing(
    580,
    160,
    'Two workgroups of 64 threads for 100 values; 28 threads of the second have no value',
    label(20, 24, '100 values, two workgroups of 64 threads', 'strong'),
    threads(20, 0),
    label(20, 142, 'workgroup 0: values 0 to 63', 'small'),
    threads(240, 64),
    label(240, 142, 'workgroup 1: values 64 to 99', 'small'),
    label(330, 70, '28 threads without a value:', 'small'),
    label(330, 86, 'id.x < arrayLength(&x) is false,', 'small mono'),
    label(330, 102, 'and they store nothing', 'small'),
  );
}

/** The tree of the sum, for eight values. */
function tree() {
  const values = [3, 1, 4, 1, 5, 9, 2, 6];
  const rows = [values];
  for (let half = 4; half >= 1; half /= 2)
    rows.push(rows.at(-1).map((x, k, all) => (k < half ? x + all[k + half] : x)));
  const cell = 44;
  const place = (row, k) => [20 + k * cell, 36 + row * 58];
  const cells = rows.flatMap((row, r) =>
    row.map((value, k) => {
      const [x, y] = place(r, k);
      return box(x, y, cell - 8, 26, String(value), r === 0 || k < 4 / 2 ** (r - 1) ? 'c' : '');
    }),
  );
  const arrows = [4, 2, 1].flatMap((half, r) =>
    Array.from({ length: half }, (_, k) => {
      const [to] = place(r + 1, k);
      const [from, y] = place(r, k + half);
      return [arrow(from + 18, y + 27, to + 24, y + 57), arrow(to + 12, y + 27, to + 12, y + 57)];
    }),
  );
  const bars = [0, 1, 2].map((r) => [
    line(380, 78 + r * 58, 540, 78 + r * 58, 'dash'),
    label(384, 73 + r * 58, 'barrier', 'small'),
  ]);
  return drawing(
    560,
    250,
    'A sum of eight values in three rounds; in each round half as many threads add',
    label(20, 22, 'parts[thread] += parts[thread + half], half = 4, 2, 1', 'strong mono'),
    cells,
    arrows,
    bars,
  );
}

/** Which values four threads read at one moment. */
function access() {
  const row = (y, title, ofThread) => [
    label(20, y - 8, title),
    grid(
      20,
      y,
      1,
      16,
      32,
      (_, k) => (ofThread(k) === undefined ? '' : 'a'),
      (_, k) => ofThread(k) ?? '',
    ),
  ];
  const neighbours = (k) => (k < 4 ? `t${k}` : undefined);
  const runs = (k) => (k % 4 === 0 ? `t${k / 4}` : undefined);
  return drawing(
    560,
    170,
    'At one moment neighbouring threads read neighbouring values, or values that lie far apart',
    row(34, 'neighbours together: four threads read one stretch of 16 bytes', neighbours),
    row(100, 'a run for each thread: four threads read from four stretches', runs),
    label(20, 156, 'What threads t0 to t3 read at one moment, of sixteen f32 in memory.', 'small'),
  );
}

export const drawings = () => ({ machine: machine(), workgroups: workgroups(), tree: tree(), access: access() });
