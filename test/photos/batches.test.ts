/** What lets pictures share launches: stacks of pictures, lists of boxes, packed crops, and launches that are full. */
import { cropOf, cropPictures, type GpuPicture, picture, type Similarity, uploadPicture } from '@visage/photos';
import { mean, reshape, scope, type Tensor, tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { type CropJob, cropsOf, runOnCrops } from '../../packages/photos/src/detect/batches.ts';
import { boxesAbove, MOST_BOXES, readBoxes } from '../../packages/photos/src/detect/boxesAbove.ts';
import { cropBytes, readCropBytes } from '../../packages/photos/src/warp/cropBytes.ts';
import { areStacked, cropStack, holdPictures } from '../../packages/photos/src/warp/stack.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { hostRandom } from '../helpers/random.ts';
import { randomPicture } from './plain.ts';

const { test, gpu } = await gpuSuite('batches of pictures');

/** Random boxes and scores of a detector, with some scores that must not count: NaN, and the threshold itself. */
function detections(count: number, anchors: number, share: number) {
  const random = hostRandom(anchors);
  const boxes = random.normals(4 * count * anchors, 1);
  const scores = random.normals(count * anchors, 1).map((value, k) => {
    if (k % 17 === 3) return Number.NaN;
    if (k % 19 === 5) return 0.25;
    return Math.abs(value) % 1 < share ? 0.3 + (k % 7) / 10 : 0.2;
  });
  return { boxes, scores };
}

const onGpu = ({ boxes, scores }: ReturnType<typeof detections>, count: number) => ({
  boxes: tensor(boxes, [count, boxes.length / count / 4, 4]),
  scores: tensor(scores, [count, scores.length / count]),
});

for (const [count, anchors, share] of [
  [1, 1, 1],
  [3, 255, 0.5],
  [2, 257, 0],
  [2, 896, 0.5],
  [4, 5118, 0.05],
] as const)
  test(`of ${anchors} anchors the boxes above the threshold, in their order`, async () => {
    const host = detections(count, anchors, share);
    const device = onGpu(host, count);
    const found = await readBoxes(device, 0.25);
    assert.is(found.length, count);
    for (const [k, { boxes, scores }] of found.entries()) {
      const all = Array.from({ length: anchors }, (_, a) => k * anchors + a);
      const above = all.filter((at) => (host.scores[at] as number) > 0.25);
      assert.equal(
        [...scores],
        above.map((at) => host.scores[at]),
        `picture ${k}`,
      );
      assert.equal(
        [...boxes],
        above.flatMap((at) => [...host.boxes.subarray(4 * at, 4 * at + 4)]),
      );
    }
    for (const each of Object.values(device)) each.dispose();
  });

test('if more boxes are above the threshold than a list holds, all of them are read', async () => {
  const host = detections(2, 3000, 0.5);
  host.scores.fill(0, 3000); // the second picture has none
  const device = onGpu(host, 2);
  const list = boxesAbove(device, 0.25);
  const [count = 0] = await list.floats();
  assert.is(count, host.scores.filter((score) => score > 0.25).length);
  assert.ok(count > MOST_BOXES);
  const [first, second] = await readBoxes(device, 0.25);
  assert.equal([...(first?.boxes ?? [])], [...host.boxes.subarray(0, 12_000)]);
  assert.equal(
    [...(second?.scores ?? [])],
    Array.from({ length: 3000 }, () => 0),
  );
  assert.throws(() => boxesAbove({ boxes: device.scores, scores: device.scores }, 0.25), /boxes/);
  assert.throws(() => boxesAbove(device, 2), /least/);
});

test('crops become the nearest bytes', async () => {
  const values = hostRandom(4).normals(2 * 5 * 5 * 3, 0.5, 0.5);
  values.set([-1, 2, 0.5 / 255 + 1e-4, 0.5 / 255 - 1e-4, 0, 1]);
  const crops = tensor(values, [2, 5, 5, 3]);
  const bytes = await readCropBytes(crops);
  assert.equal(
    bytes.map(({ length }) => length),
    [100, 100],
  );
  const flat = bytes.flatMap((each) => [...each]);
  for (const [at, byte] of flat.entries()) {
    const value = 255 * Math.min(1, Math.max(0, values[3 * (at >> 2) + (at % 4)] as number));
    if (at % 4 === 3) assert.is(byte, 255);
    else assert.ok(Math.abs(byte - value) <= 0.5 + 1e-4, `byte ${at} is ${byte} for ${value}`);
  }
  assert.equal(flat.slice(0, 7), [0, 255, 1, 255, 0, 0, 255]);
  assert.throws(() => cropBytes(tensor([1, 2, 3], [1, 1, 3])), /crops/);
});

const sources = [randomPicture(61, 47), randomPicture(8, 3, 2), randomPicture(33, 90, 3)] as const;
const TURNED: Similarity = { a: 0.31, b: -0.12, tx: 3, ty: 4 };

for (const options of [
  { sampling: 'area' },
  { sampling: 'bilinear' },
  { sampling: 'bilinear', origin: 'index' },
] as const)
  test(`crops of a stack are those of its pictures: ${Object.values(options).join(', ')}`, async () => {
    const { pictures, dispose } = holdPictures(sources);
    assert.ok(areStacked(pictures));
    const turned = 'origin' in options ? cropOf(-9, 4, 50, 20) : TURNED;
    const jobs: readonly CropJob[] = [
      { source: pictures[2] as GpuPicture, transform: turned },
      { source: pictures[0] as GpuPicture, transform: cropOf(5, 7, 90, 20) },
      { source: pictures[1] as GpuPicture, transform: cropOf(-2, -3, 12, 20) },
      { source: pictures[2] as GpuPicture, transform: cropOf(30, 80, 7, 20) },
    ];
    const together = await cropsOf(jobs, 20, options, 6).floats();
    const length = 3 * 20 * 20;
    assert.is(together.length, 6 * length);
    for (const [k, { source, transform }] of jobs.entries()) {
      const alone = await cropPictures(source, [transform], 20, options).floats();
      assert.equal(together.subarray(k * length, (k + 1) * length), alone, `crop ${k}`);
    }
    assert.ok(together.subarray(4 * length).every((value) => value === 0));
    dispose();
  });

test('a stack gives its memory back, leaves what is on the GPU or too large, and wants a transform a picture', async () => {
  const live = gpu.memory.live;
  const there = uploadPicture(sources[1]);
  const large = picture(4097, 4096);
  const { pictures, dispose } = holdPictures([sources[0], there, large, sources[2]]);
  assert.is(pictures[1], there);
  assert.is(pictures[2], large);
  assert.not(areStacked(pictures));
  const [first, , , last] = pictures as readonly GpuPicture[];
  assert.ok(areStacked([first as GpuPicture, last as GpuPicture]));
  assert.throws(() => cropStack([first as GpuPicture], [], 8, 2), /one for each picture/);
  dispose();
  for (const each of [there.pixels, there.frame]) each.dispose();
  assert.is(gpu.memory.live, live);
});

/** A network that says the mean colour of a crop and its red, and writes down how many crops it was given. */
const colours = (asked: number[]) => ({
  size: 8,
  run(crops: Tensor) {
    asked.push(crops.dim(0));
    return scope(() => ({ all: mean(crops, [1, 2]), some: reshape(mean(crops, [1, 2, 3]), [-1]) }));
  },
});

test('full launches give the results of fitted ones, from pictures on the host, on the GPU and in stacks', async () => {
  const { pictures, dispose } = holdPictures(sources);
  const shown = [sources[0], ...pictures, sources[2]];
  const jobs = shown.map((source, k) => ({ source, transform: cropOf(k, 0, 20 + k, 8) }));
  const [fitted, filled]: [number[], number[]] = [[], []];
  const one = await runOnCrops(colours(fitted), jobs, { most: 4, filled: false });
  const two = await runOnCrops(colours(filled), jobs, { most: 4, filled: true });
  assert.equal(
    [fitted, filled],
    [
      [4, 1],
      [4, 4],
    ],
  );
  assert.is(one.length, 5);
  assert.equal(one, two);
  for (const [k, job] of jobs.entries()) {
    const crop = await cropPictures(job.source, [job.transform], 8).floats();
    const red = crop.reduce((sum, value, at) => sum + (at % 3 === 0 ? value / 64 : 0), 0);
    assert.ok(Math.abs((one[k]?.all[0] as number) - red) < 1e-5, `crop ${k}`);
    assert.is(one[k]?.some.length, 1);
  }
  assert.equal(await runOnCrops(colours([]), [], { most: 4, filled: true }), []);
  dispose();
});

test.run();
