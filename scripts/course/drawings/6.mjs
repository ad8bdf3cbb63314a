/** The drawings of chapter 6. */
import { arrow, box, drawing, label, line } from './svg.mjs';

/** Buffers of a small step: bytes, and the launches from and to which each is needed. */
const LIVES = [
  { name: 'a', bytes: 3, first: 0, last: 7, fill: 'a' },
  { name: 'b', bytes: 2, first: 1, last: 2, fill: 'b' },
  { name: 'c', bytes: 2, first: 2, last: 6, fill: 'c' },
  { name: 'd', bytes: 1, first: 3, last: 4, fill: 'd' },
  { name: 'e', bytes: 2, first: 4, last: 5, fill: 'b' },
  { name: 'f', bytes: 2, first: 6, last: 7, fill: 'd' },
];

/** Where best fit puts them: the largest first, each into the smallest gap that is free during its life. */
function placed() {
  const done = [];
  const order = [...LIVES].sort((a, b) => b.bytes - a.bytes || a.first - b.first);
  for (const life of order) {
    const others = done.filter((other) => other.first <= life.last && life.first <= other.last);
    let [end, begin, smallest] = [0, -1, Number.POSITIVE_INFINITY];
    for (const other of others.sort((a, b) => a.begin - b.begin)) {
      const gap = other.begin - end;
      if (gap >= life.bytes && gap < smallest) [begin, smallest] = [end, gap];
      end = Math.max(end, other.begin + other.bytes);
    }
    done.push({ ...life, begin: begin < 0 ? end : begin });
  }
  return done;
}

/** The lives of the buffers, and the same buffers in one piece of memory. */
function placing() {
  const x = (launch) => 60 + 28 * launch;
  const axis = (left, y, text) => [
    line(left, y, left + 236, y),
    label(left + 112, y + 34, text, 'small', 'middle'),
    Array.from({ length: 8 }, (_, k) => label(left + 14 + 28 * k, y + 16, String(k), 'small', 'middle')),
  ];
  const rows = LIVES.map(({ name, bytes, first, last, fill }, k) => [
    box(x(first), 40 + 26 * k, 28 * (last - first + 1), 20, name, fill, 'small'),
    label(52, 54 + 26 * k, `${bytes}`, 'small', 'end'),
  ]);
  const memory = placed();
  const size = Math.max(...memory.map(({ begin, bytes }) => begin + bytes));
  const places = memory.map(({ name, bytes, begin, first, last, fill }) =>
    box(370 + 28 * first, 196 - 19 * (begin + bytes), 28 * (last - first + 1), 19 * bytes, name, fill, 'small'),
  );
  const sum = LIVES.reduce((total, { bytes }) => total + bytes, 0);
  return drawing(
    640,
    250,
    'Lives of six buffers, and their places in one piece of memory',
    label(60, 24, `lives: ${sum} units in all`, 'strong'),
    rows,
    axis(60, 196, 'launches'),
    label(370, 24, `places: ${size} units`, 'strong'),
    places,
    axis(370, 196, 'launches'),
  );
}

/** A traced step before and after the passes. */
function passes() {
  const launch = (x, y, text, fill, note) => [
    box(x, y, 128, 26, text, fill, 'small mono'),
    note ? label(x + 138, y + 17, note, 'small') : [],
  ];
  const rows = [
    ['cast(w)', 'c', 'w is frozen: hoisted'],
    ['matmul(x, w16)', 'a', ''],
    ['cast(w)', 'b', 'the same again: shared'],
    ['matmul(y, w16)', 'a', ''],
    ['l1Loss', 'd', 'nobody reads it: dead'],
    ['l1LossGrad', 'a', ''],
    ['matmul(g, w16ᵀ)', 'a', ''],
  ];
  const kept = rows.filter(([, fill]) => fill === 'a');
  return drawing(
    640,
    276,
    'Launches of a traced step, and what a replay has of them',
    label(20, 22, 'as traced', 'strong'),
    rows.map(([text, fill, note], k) => launch(20, 34 + 33 * k, text, fill, note)),
    arrow(330, 140, 390, 140),
    label(410, 22, 'before the first replay', 'strong'),
    launch(410, 34, 'cast(w)', 'c', ''),
    label(410, 98, 'every replay', 'strong'),
    kept.map(([text, fill], k) => launch(410, 110 + 33 * k, text, fill, '')),
  );
}

export const drawings = () => ({ placing: placing(), passes: passes() });
