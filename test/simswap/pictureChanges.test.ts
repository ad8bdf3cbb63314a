/**
 * @file Random changes of training pictures: each against a plain definition, JPEG also against files of a real
 * encoder; what they are depends on the number of the batch and on the seed alone.
 */

import {
  ChangedPairs,
  changePictures,
  changesPictures,
  type ImagePairs,
  MixedPairs,
  noPictureChanges,
  type PairKind,
  PICTURE_CHANGE_ROW,
  type PictureChanges,
  pictureChangeRows,
  recipes,
  type TrainingData,
  truth,
} from '@visage/simswap';
import { keep, record, type Tensor, tensor, zeros } from '@visage/tensor';
import sharp from 'sharp';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { noise } from '../helpers/numbers.ts';

const { test } = await gpuSuite('changes of pictures');

const [N, H, W] = [3, 21, 19]; // no multiples of anything
const [BLUR, JPEG, WARP] = [12, 13, 14]; // places in a row
const always = (strength: number) => ({ probability: 1, strength });
const drawn = (changes: Partial<PictureChanges>, batch: number, step: number, seed: number, size = W) =>
  pictureChangeRows({ ...noPictureChanges, ...changes }, batch, size, step, seed);

/** Smooth pictures with an edge and some grain, in levels of 1/255. */
function smooth(count = N, height = H, width = W): Float32Array {
  const grain = noise(count * height * width * 3, 3);
  return grain.map((g, k) => {
    const [c, x, y, n] = [
      k % 3,
      Math.floor(k / 3) % width,
      Math.floor(k / (3 * width)) % height,
      Math.floor(k / (3 * width * height)),
    ];
    const wave =
      0.5 + 0.3 * Math.sin((x + c / 2) / 4 + n) * Math.cos(y / 5) + (x > width / 2 + y / 3 ? 0.15 : 0) + 0.02 * g;
    return Math.round(255 * Math.min(1, Math.max(0, wave))) / 255;
  });
}

const PICTURES = smooth();

async function changed(changes: Partial<PictureChanges>, numbers: Float32Array, from = PICTURES, shape = [N, H, W, 3]) {
  const all = { ...noPictureChanges, ...changes };
  const rows = tensor(numbers, [shape[0] as number, PICTURE_CHANGE_ROW]);
  return changePictures(tensor(from, shape), all, rows).floats();
}

function near(got: Float32Array, expected: (k: number) => number, tolerance: number): void {
  got.forEach((value, k) => {
    const wanted = expected(k);
    if (!(Math.abs(value - wanted) <= tolerance)) assert.unreachable(`value ${k} is ${value}, expected ${wanted}`);
  });
}

const placeOf = (k: number) => ({
  c: k % 3,
  x: Math.floor(k / 3) % W,
  y: Math.floor(k / (3 * W)) % H,
  n: Math.floor(k / (3 * W * H)),
});
const at = (n: number, y: number, x: number, c: number): number => PICTURES[((n * H + y) * W + x) * 3 + c] as number;

test('published recipes change nothing', () => {
  for (const { name, pictures } of recipes) assert.not(changesPictures(pictures), name);
});

test('mirrored pictures are exactly mirrored, the others exactly as they were', async () => {
  const numbers = drawn({ flip: 0.5 }, N, 1, 4);
  const mirrored = [0, 1, 2].map((n) => numbers[n * PICTURE_CHANGE_ROW + WARP] === -1);
  assert.is(new Set(mirrored).size, 2, 'this step has both');
  const got = await changed({ flip: 0.5 }, numbers);
  near(got, (k) => (({ n, y, x, c }) => at(n, y, mirrored[n] ? W - 1 - x : x, c))(placeOf(k)), 1e-7);
});

test('brightness, contrast and saturation change as their factors say', async () => {
  const changes = { color: always(0.4) };
  const numbers = drawn(changes, N, 2, 4);
  const got = await changed(changes, numbers);
  // A grey pixel p becomes κ(βp − ½) + ½, whatever the saturation: two greys tell β and κ, a colour tells s.
  near(
    got,
    (k) => {
      const { n, y, x, c } = placeOf(k);
      const row = numbers.subarray(n * PICTURE_CHANGE_ROW);
      const gain = (row[0] as number) + (row[1] as number) + (row[2] as number); // κβ
      const contrast = 1 - 2 * (row[3] as number);
      const brightness = gain / contrast;
      assert.ok(Math.abs(contrast - 1) <= 0.4 && Math.abs(brightness - 1) <= 0.4001);
      const saturation = (row[0] as number) / gain - (row[4] as number) / gain; // M₀₀ − M₁₀ = κβs
      assert.ok(Math.abs(saturation - 1) <= 0.4001);
      const luma = 0.299 * at(n, y, x, 0) + 0.587 * at(n, y, x, 1) + 0.114 * at(n, y, x, 2);
      const value = contrast * (brightness * (luma + saturation * (at(n, y, x, c) - luma)) - 0.5) + 0.5;
      return Math.min(1, Math.max(0, value));
    },
    2e-6,
  );
});

test('the blur is a Gaussian of the drawn width, and a width of 0 changes nothing', async () => {
  const numbers = new Float32Array(N * PICTURE_CHANGE_ROW);
  const sigmas = [0, 0.7, 2];
  sigmas.forEach((sigma, n) => {
    numbers[n * PICTURE_CHANGE_ROW + BLUR] = sigma;
  });
  const got = await changed({ blur: always(2) }, numbers);
  const clamp = (value: number, most: number) => Math.min(most, Math.max(0, value));
  near(
    got,
    (k) => {
      const { n, y, x, c } = placeOf(k);
      const sigma = sigmas[n] as number;
      if (sigma === 0) return at(n, y, x, c);
      let [sum, weights] = [0, 0];
      for (let dy = -6; dy <= 6; dy++)
        for (let dx = -6; dx <= 6; dx++) {
          const weight = Math.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
          sum += weight * at(n, clamp(y + dy, H - 1), clamp(x + dx, W - 1), c);
          weights += weight;
        }
      return sum / weights;
    },
    2e-6,
  );
});

test('a compressed picture is what an encoder and a decoder of JPEG leave, but for their rounding', async () => {
  const [height, width] = [40, 56]; // the last squares of 16 are cut
  const pictures = smooth(2, height, width);
  for (const quality of [90, 60, 25]) {
    const numbers = new Float32Array(2 * PICTURE_CHANGE_ROW);
    for (const n of [0, 1]) numbers[n * PICTURE_CHANGE_ROW + JPEG] = quality < 50 ? 5000 / quality : 200 - 2 * quality;
    const got = await changed({ jpeg: always(75) }, numbers, pictures, [2, height, width, 3]);
    for (const n of [0, 1]) {
      const size = height * width * 3;
      const levels = Uint8Array.from(pictures.subarray(n * size, (n + 1) * size), (x) => Math.round(255 * x));
      const file = await sharp(levels, { raw: { width, height, channels: 3 } })
        .jpeg({ quality, chromaSubsampling: '4:2:0', mozjpeg: false })
        .toBuffer();
      const real = await sharp(file).raw().toBuffer();
      let [apart, lost] = [0, 0];
      for (let k = 0; k < size; k++) {
        const mine = 255 * (got[n * size + k] as number);
        assert.ok(Math.abs(mine - Math.round(mine)) < 1e-3, 'a level');
        apart += Math.abs(mine - (real[k] as number)) / size;
        lost += Math.abs((levels[k] as number) - (real[k] as number)) / size;
      }
      assert.ok(
        apart < 0.45 * lost,
        `quality ${quality}: ${apart.toFixed(2)} levels from the file, which lost ${lost.toFixed(2)}`,
      );
    }
  }
});

test('quality 100 leaves a grey picture as it is', async () => {
  const grey = Float32Array.from({ length: N * H * W * 3 }, (_, k) => ((Math.floor(k / 3) * 7) % 256) / 255);
  const got = await changed({ jpeg: always(1) }, new Float32Array(N * PICTURE_CHANGE_ROW), grey);
  near(got, (k) => grey[k] as number, 1.01 / 255);
});

test('rows depend on changes, step and seed alone, and stay in their ranges', () => {
  const changes = { flip: 0.5, color: always(0.2), blur: always(1.5), jpeg: always(60) };
  assert.equal(drawn(changes, 4, 9, 1), drawn(changes, 4, 9, 1));
  assert.not.equal(drawn(changes, 4, 9, 1), drawn(changes, 4, 10, 1));
  assert.not.equal(drawn(changes, 4, 9, 1), drawn(changes, 4, 9, 2));
  const many = drawn(changes, 500, 0, 1);
  const mirrored = column(many, WARP).filter((value) => value === -1).length;
  assert.ok(mirrored > 200 && mirrored < 300, String(mirrored));
  assert.ok(Math.max(...column(many, BLUR)) > 1.3 && Math.max(...column(many, BLUR)) <= 1.5);
  const scales = column(many, JPEG);
  assert.ok(Math.max(...scales) > 120 && Math.max(...scales) <= 5000 / 40 && Math.min(...scales) >= 0);
  assert.throws(() => drawn({ jpeg: always(100) }, 4, 0, 1), /pictureChangeRows\.jpeg\.strength.*from 0 to 99/);
  assert.throws(() => drawn({ jpeg: 60 } as object, 4, 0, 1), /pictureChangeRows\.jpeg.*60.*probability, strength/);
  assert.throws(() => drawn({ hue: 1 } as object, 4, 0, 1), /hue/);
  assert.throws(() => drawn(changes, 4, 0, 1, 0), /pictureChangeRows.*size/);
  assert.throws(
    () => changePictures(zeros([2, 8, 8, 3]), { ...noPictureChanges, ...changes }, zeros([1, PICTURE_CHANGE_ROW])),
    /changePictures.*rows.*One row per picture/s,
  );
});

const column = (rows: Float32Array, place: number): number[] =>
  Array.from({ length: rows.length / PICTURE_CHANGE_ROW }, (_, n) => rows[n * PICTURE_CHANGE_ROW + place] as number);

test('a change reaches its share of the pictures, and moves no draw of another', () => {
  const [all, some] = [truth.pictures, { ...truth.pictures, blur: { probability: 0.3, strength: 1.5 } }];
  const [before, after] = [drawn(all, 500, 7, 1), drawn(some, 500, 7, 1)];
  for (const place of [0, JPEG, WARP]) assert.equal(column(after, place), column(before, place));
  const blurs = column(after, BLUR);
  const kept = blurs.filter((sigma, n) => sigma > 0 && sigma === column(before, BLUR)[n]).length;
  assert.is(kept, blurs.filter((sigma) => sigma > 0).length);
  assert.ok(kept > 110 && kept < 190, String(kept));
  const scales = column(drawn({ ...all, jpeg: { probability: 0.5, strength: 60 } }, 500, 7, 1), JPEG);
  assert.ok(Math.abs(scales.filter((scale) => scale === -1).length - 250) < 50, 'not compressed');
});

test('a recipe goes on drawing what it drew when its training began', () => {
  const rows = drawn(truth.pictures, 2, 9, 1 + 3 * 2 ** 32);
  assert.equal(column(rows, WARP), [-1, 1]);
  assert.equal(column(rows, 0), [1.18545401096344, 0.7364473938941956]);
  assert.equal(column(rows, 3), [0.02710789442062378, 0.026457548141479492]);
  assert.equal(column(rows, 4), [-0.02838951162993908, 0.022958634421229362]);
  assert.equal(column(rows, BLUR), [0.7784876227378845, 0.05798473581671715]);
  assert.equal(column(rows, JPEG), [114.6954345703125, 69.37518310546875]);
});

/** Batches whose pictures are all of one value: part + step / 100, the sources half of that. */
class Flat implements TrainingData {
  readonly batchSize = 2;
  readonly imageSize = 8;
  readonly asked: string[] = [];
  readonly #value = keep(zeros([2, 8, 8, 3]));
  constructor(readonly part: number) {}
  images(): ImagePairs {
    return { target: this.#value.mul(1), source: this.#value.mul(0.5) };
  }
  expect(kind: PairKind, step: number): void {
    this.asked.push(`expect ${kind} ${step}`);
  }
  async read(kind: PairKind, step: number): Promise<void> {
    this.asked.push(`read ${kind} ${step}`);
  }
  load(_kind: PairKind, step: number): void {
    this.#value.write(new Float32Array(this.#value.size).fill((this.part + step) / 128));
  }
}

test('a mix takes each batch from one part, as often as its weight says, and a recorded step sees the right one', async () => {
  const parts = [new Flat(0), new Flat(64)];
  const mix = new MixedPairs(
    parts.map((data, k) => ({ data, weight: k === 0 ? 3 : 1 })),
    5,
  );
  const step = record(() => {
    const { target, source } = mix.images('same');
    return [target.mul(1), source.mul(1)] as [Tensor, Tensor];
  });
  const seen = [0, 0];
  for (let k = 0; k < 24; k++) {
    await mix.read('same', k);
    await mix.load('same', k);
    const [target, source] = step.run();
    const [value] = await target.floats();
    const part = mix.partOf('same', k);
    seen[part] = (seen[part] as number) + 1;
    assert.is(value, ((parts[part] as Flat).part + k) / 128);
    assert.is((await source.floats())[0], (value as number) / 2);
  }
  assert.ok((seen[0] as number) > 12 && (seen[1] as number) > 1, seen.join());
  const chosen = Array.from({ length: 4000 }, (_, k) => mix.partOf('same', k)).filter((part) => part === 0).length;
  assert.ok(Math.abs(chosen / 4000 - 0.75) < 0.03, String(chosen));
  assert.is(parts.flatMap(({ asked }) => asked).length, 24, 'only the part that is drawn is asked');
  step.dispose();
  mix.dispose();
  assert.throws(() => new MixedPairs([{ data: parts[0] as Flat, weight: 0 }], 5), /parts\[0\]\.weight/);
});

test('changed pairs change targets and sources apart, the same way whenever a batch is loaded', async () => {
  const changes = { ...noPictureChanges, color: always(0.5) };
  const pairs = new ChangedPairs(new Flat(20), changes, 5);
  const step = record(() => {
    const { target, source } = pairs.images('same');
    return [target, source];
  });
  const at = async (k: number) => {
    await pairs.load('same', k);
    return Promise.all(step.run().map((x) => x.floats()));
  };
  const first = await at(3);
  assert.not.equal(await at(4), first);
  assert.equal(await at(3), first);
  const [target, source] = first as [Float32Array, Float32Array];
  assert.ok(
    target.some((value, k) => Math.abs(value - 2 * (source[k] as number)) > 0.01),
    'not the same change',
  );
  step.dispose();
  pairs.dispose();
});

test('results are compared with pictures that are mirrored and recoloured as the shown ones, and not degraded', async () => {
  const plain = { ...noPictureChanges, flip: 0.5, color: always(0.3) };
  const all = { ...plain, blur: always(2), jpeg: always(80) };
  const read = async (changes: PictureChanges, choose: (pairs: ImagePairs) => readonly Tensor[]) => {
    const pairs = new ChangedPairs(new Flat(20), changes, 5);
    const step = record(() => choose(pairs.images('same')).map((x) => x.mul(1)));
    await pairs.load('same', 3);
    const values = await Promise.all(step.run().map((x) => x.floats()));
    step.dispose();
    pairs.dispose();
    return values;
  };
  const clean = await read(all, (pairs) => Object.values(pairs.clean ?? {}));
  assert.is(clean.length, 2);
  assert.equal(clean, await read(plain, ({ target, source }) => [target, source]));
  assert.not.equal(clean, await read(all, ({ target, source }) => [target, source]));
  assert.is((await read(plain, ({ clean: none }) => (none ? [none.target] : []))).length, 0);
});

test.run();
