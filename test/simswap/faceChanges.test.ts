/** @file Random changes of faces and of their labels: each against a plain definition, and drawn by counter alone. */
import { createHash } from 'node:crypto';
import { philox, unitFloat } from '@visage/faces';
import {
  changeFaces,
  changeMaps,
  changePoints,
  FACE_CHANGE_ROW,
  type FaceChanges,
  faceChangeRows,
  noChanges,
  parseFaceChanges,
  photographChanges,
} from '@visage/simswap';
import { tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { noise } from '../helpers/numbers.ts';

const { test } = await gpuSuite('changes of faces');

const [N, S] = [3, 21];
const FACES = noise(N * S * S * 3, 3).map((x) => 0.5 + 0.5 * Math.sin(3 * x));
const [BLUR, JPEG, WARP, MIRRORED, NOISE, SHRINK, OBJECT, GREY] = [12, 13, 14, 20, 21, 23, 24, 33];
const always = { probability: 1, strength: 0.2 };

const rowsOf = (fill: (row: Float32Array, n: number) => void): Float32Array => {
  const rows = faceChangeRows(noChanges, N, S, 0, 1);
  for (let n = 0; n < N; n++) fill(rows.subarray(n * FACE_CHANGE_ROW, (n + 1) * FACE_CHANGE_ROW), n);
  return rows;
};

const changed = (changes: Partial<FaceChanges>, rows: Float32Array): Promise<Float32Array> =>
  changeFaces(tensor(FACES, [N, S, S, 3]), { ...noChanges, ...changes }, tensor(rows, [N, FACE_CHANGE_ROW])).floats();

function near(
  got: Float32Array,
  channels: number,
  wanted: (n: number, y: number, x: number, c: number) => number,
): void {
  for (const [k, value] of got.entries()) {
    const pixel = Math.floor(k / channels);
    const [x, y, n] = [pixel % S, Math.floor(pixel / S) % S, Math.floor(pixel / (S * S))];
    const expected = wanted(n, y, x, k % channels);
    if (!(Math.abs(value - expected) < 3e-5)) assert.unreachable(`value ${k} is ${value}, expected ${expected}`);
  }
}

const mirrored = (place: number): number => {
  const folded = place < 0 ? -1 - place : place;
  return Math.min(S - 1, Math.max(0, folded >= S ? 2 * S - 1 - folded : folded));
};
const at = (n: number, y: number, x: number, c: number): number =>
  FACES[((n * S + mirrored(y)) * S + mirrored(x)) * 3 + c] as number;

/** Where a pixel of the new face lies in the old one, in pixel numbers. */
function source(row: Float32Array, y: number, x: number): readonly [number, number] {
  const m = row.subarray(WARP, WARP + 6) as unknown as [number, number, number, number, number, number];
  return [m[0] * (x + 0.5) + m[1] * (y + 0.5) + m[2] - 0.5, m[3] * (x + 0.5) + m[4] * (y + 0.5) + m[5] - 0.5];
}

const drawn = (changes: Partial<FaceChanges>, step = 2) => faceChangeRows({ ...noChanges, ...changes }, N, S, step, 4);
const rowOf = (rows: Float32Array, n: number) => rows.subarray(n * FACE_CHANGE_ROW, (n + 1) * FACE_CHANGE_ROW);

test('a face that moves is bilinear between its pixels, and goes on as its mirror image', async () => {
  const changes = { flip: 0.5, jitter: always };
  const rows = drawn(changes);
  near(await changed(changes, rows), 3, (n, y, x, c) => {
    const [u, v] = source(rowOf(rows, n), y, x);
    const [left, top] = [Math.floor(u), Math.floor(v)];
    const mix = (a: number, b: number, t: number) => a + (b - a) * t;
    const row = (dy: number) => mix(at(n, top + dy, left, c), at(n, top + dy, left + 1, c), u - left);
    return mix(row(0), row(1), v - top);
  });
});

test('maps of classes move with their faces and keep whole numbers; an object before the face has its class', async () => {
  const changes = { ...noChanges, flip: 0.5, jitter: always, occlusion: { probability: 1, strength: 0.3 } };
  const rows = drawn(changes);
  const map = Float32Array.from({ length: N * S * S }, (_, k) => (7 * k) % 10);
  const got = await changeMaps(tensor(map, [N, S, S, 1]), changes, tensor(rows, [N, FACE_CHANGE_ROW]), 10).floats();
  let covered = 0;
  near(got, 1, (n, y, x) => {
    const row = rowOf(rows, n);
    const [u, v] = source(row, y, x);
    const cover = coverOf(row, y, x);
    if (Math.abs(cover - 0.5) < 1e-3 || Math.abs((u + 0.5) % 1) < 1e-3 || Math.abs((v + 0.5) % 1) < 1e-3)
      return got[(n * S + y) * S + x] as number; // on an edge either is right
    if (cover > 0.5) covered += 1;
    if (cover > 0.5) return 10;
    return map[(n * S + mirrored(Math.floor(v + 0.5))) * S + mirrored(Math.floor(u + 0.5))] as number;
  });
  assert.ok(covered > 20, String(covered));
});

/** How much of a pixel the object of a row covers. */
function coverOf(row: Float32Array, y: number, x: number): number {
  const [cx, cy, cos, sin, half, radius] = row.subarray(OBJECT) as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [dx, dy] = [x + 0.5 - cx, y + 0.5 - cy];
  const along = Math.min(half, Math.max(-half, dx * cos + dy * sin));
  return radius === 0 ? 0 : Math.min(1, Math.max(0, radius - Math.hypot(dx - along * cos, dy - along * sin) + 0.5));
}

test('an object covers a disc or a bar of its colour', async () => {
  const occlusion = { probability: 1, strength: 0.3 };
  const rows = drawn({ occlusion }, 5);
  near(await changed({ occlusion }, rows), 3, (n, y, x, c) => {
    const row = rowOf(rows, n);
    const cover = coverOf(row, y, x);
    return at(n, y, x, c) * (1 - cover) + (row[OBJECT + 6 + c] as number) * cover;
  });
});

test('a shrunk face has the means of its cells, enlarged bilinearly; without cells it stays', async () => {
  const counts = [0, 6, 9];
  const rows = rowsOf((row, n) => {
    row[SHRINK] = counts[n] as number;
  });
  const along = (line: (k: number) => number, cells: number, place: number): number => {
    const side = S / cells;
    const cell = (i: number): number => {
      const [low, high] = [
        Math.min(cells - 1, Math.max(0, i)) * side,
        (Math.min(cells - 1, Math.max(0, i)) + 1) * side,
      ];
      let sum = 0;
      for (let k = 0; k < S; k++) sum += Math.max(0, Math.min(high, k + 1) - Math.max(low, k)) * line(k);
      return sum / side;
    };
    const q = (place + 0.5) / side - 0.5;
    return cell(Math.floor(q)) + (cell(Math.floor(q) + 1) - cell(Math.floor(q))) * (q - Math.floor(q));
  };
  near(await changed({ shrink: { probability: 1, strength: 4 } }, rows), 3, (n, y, x, c) => {
    const cells = counts[n] as number;
    if (cells === 0) return at(n, y, x, c);
    return along((v) => along((u) => at(n, v, u, c), cells, x), cells, y);
  });
});

test('noise is that of its seed and of its strength', async () => {
  const rows = rowsOf((row, n) => {
    row[NOISE] = n === 0 ? 0 : 0.05 * n;
    row[NOISE + 1] = 1000 + n;
  });
  near(await changed({ noise: always }, rows), 3, (n, y, x, c) => {
    if (n === 0) return at(n, y, x, c);
    const words = philox([y * S + x, c, 0, 0], [1000 + n, 0]);
    const sum = [...words].reduce((total, word) => total + unitFloat(word), 0);
    return Math.min(1, Math.max(0, at(n, y, x, c) + 0.05 * n * (sum - 2) * Math.sqrt(3)));
  });
});

const isGrey = (row: Float32Array): boolean => row[GREY] !== 1; // no identity matrix

test('a grey picture has its luma in all channels, and the others keep their bits', async () => {
  const rows = drawn({ grey: 0.5 });
  const kinds = [0, 1, 2].map((n) => isGrey(rowOf(rows, n)));
  assert.is(new Set(kinds).size, 2, 'this step has both');
  const got = await changed({ grey: 0.5 }, rows);
  near(got, 3, (n, y, x, c) => {
    if (!kinds[n]) return at(n, y, x, c);
    return 0.2126 * at(n, y, x, 0) + 0.7152 * at(n, y, x, 1) + 0.0722 * at(n, y, x, 2);
  });
  const each = S * S * 3;
  for (const [n, grey] of kinds.entries())
    if (!grey)
      assert.equal(got.subarray(n * each, (n + 1) * each), Float32Array.from(FACES).subarray(n * each, (n + 1) * each));
});

test('neither noise nor compression gives a grey picture colour', async () => {
  const changes = { grey: 1, noise: always, jpeg: { probability: 1, strength: 60 } };
  const got = await changed(changes, drawn(changes));
  for (let k = 0; k < got.length; k += 3) assert.ok(got[k] === got[k + 1] && got[k] === got[k + 2], `pixel ${k / 3}`);
  const colours = await changed({ ...changes, grey: 0 }, drawn({ ...changes, grey: 0 }));
  assert.ok(colours.some((value, k) => k % 3 > 0 && value !== colours[k - 1]));
});

test('as many pictures are grey as the share says, and all else of a row is as without', () => {
  const count = 4000;
  const rows = (grey: number) => faceChangeRows({ ...photographChanges, grey }, count, S, 3, 1);
  const [without, some] = [rows(0), rows(0.3)];
  const before = (all: Float32Array) => all.filter((_, k) => k % FACE_CHANGE_ROW < GREY);
  assert.equal(before(some), before(without));
  const share = (all: Float32Array) =>
    Array.from({ length: count }, (_, n) => isGrey(rowOf(all, n))).filter(Boolean).length / count;
  assert.is(share(without), 0);
  assert.is(share(rows(1)), 1);
  assert.ok(Math.abs(share(some) - 0.3) < 0.03, String(share(some)));
});

test('rows without grey pictures are those of before there were any', () => {
  const drawn = faceChangeRows(photographChanges, 3, 64, 5, 9);
  // A row had a place more then, behind the matrix of colours.
  const rows = Float32Array.from(
    [0, 1, 2].flatMap((n) => [...rowOf(drawn, n)].slice(0, GREY).flatMap((x, k) => (k === BLUR ? [0, x] : [x]))),
  );
  assert.is(createHash('sha256').update(new Uint8Array(rows.buffer)).digest('hex').slice(0, 16), 'a34957be6dea4d6c');
});

test('points move with their faces, and mirror images change places', async () => {
  const changes = { ...noChanges, flip: 0.5, jitter: always };
  const rows = drawn(changes);
  const flags = [0, 1, 2].map((n) => rowOf(rows, n)[MIRRORED]);
  assert.is(new Set(flags).size, 2, 'this step has both');
  const old = noise(N * 3 * 2, 8).map((x) => 0.5 + 0.2 * Math.sin(x));
  const mirror = [1, 0, 2];
  const points = tensor(old, [N, 3, 2]);
  const got = await changePoints(points, changes, tensor(rows, [N, FACE_CHANGE_ROW]), S, mirror).floats();
  for (let n = 0; n < N; n++)
    for (let k = 0; k < 3; k++) {
      const [x, y] = [0, 1].map((axis) => (got[(n * 3 + k) * 2 + axis] as number) * S - 0.5) as [number, number];
      const from = flags[n] === 1 ? (mirror[k] as number) : k;
      const [u, v] = source(rowOf(rows, n), y, x);
      for (const [axis, value] of [u, v].entries())
        assert.ok(Math.abs((value + 0.5) / S - (old[(n * 3 + from) * 2 + axis] as number)) < 1e-5);
    }
});

test('rows depend on changes, step and seed alone; a change never moves the draws of another', () => {
  const rows = (changes: FaceChanges, step = 9, seed = 1) => faceChangeRows(changes, 200, S, step, seed);
  assert.equal(rows(photographChanges), rows(photographChanges));
  assert.not.equal(rows(photographChanges), rows(photographChanges, 10));
  assert.not.equal(rows(photographChanges), rows(photographChanges, 9, 2));
  const without = rows({ ...photographChanges, occlusion: { probability: 0, strength: 0 } });
  const column = (all: Float32Array, place: number) =>
    Array.from({ length: 200 }, (_, n) => rowOf(all, n)[place] as number);
  for (const place of [0, BLUR, JPEG, WARP, NOISE, SHRINK])
    assert.equal(column(rows(photographChanges), place), column(without, place));
  const share = (place: number, occurs: (value: number) => boolean) =>
    column(rows(photographChanges), place).filter(occurs).length / 200;
  assert.ok(Math.abs(share(JPEG, (scale) => scale >= 0) - 0.5) < 0.12);
  assert.ok(Math.abs(share(NOISE, (sigma) => sigma > 0) - 0.3) < 0.12);
});

test('a training goes on drawing what it drew when it began', () => {
  const rows = faceChangeRows(photographChanges, 4, S, 9, 1);
  const column = (place: number) => [0, 1, 2, 3].map((n) => rowOf(rows, n)[place]);
  assert.equal(column(0), [0.6884716153144836, 0.8623806238174438, 1, 0.6297150254249573]);
  assert.equal(column(JPEG), [83.16121673583984, -1, -1, 1.5693366527557373]);
  assert.equal(column(NOISE + 1), [2498468, 1435313, 15284793, 12861671], 'seeds of the noise');
});

test('numbers of changes are set by their paths, and mistakes are named', () => {
  assert.equal(parseFaceChanges(noChanges, { 'jpeg.strength': '60' }).jpeg, { probability: 1, strength: 60 });
  assert.throws(() => parseFaceChanges(noChanges, { 'jpeg.quality': '60' }), /jpeg\.quality.*one of/s);
  assert.throws(() => parseFaceChanges(noChanges, { flip: '2' }), /flip/);
});

test.run();
