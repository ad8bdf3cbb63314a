/** Crops of pictures: against plain loops, on pixels whose values are known, by windows, and replayed. */
import {
  composed,
  cropOf,
  cropPictures,
  downloadPicture,
  overwritePicture,
  type Picture,
  picture,
  placeCrops,
  placementRows,
  type Similarity,
  uploadPicture,
} from '@visage/photos';
import { record, type Tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { shrunkTransform, shrunkWindow } from '../../packages/photos/src/warp/shrink.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { any, refusesEach } from '../helpers/mistakes.ts';
import { plainCrop, randomPicture } from './plain.ts';

const { test, gpu } = await gpuSuite('crops of pictures');
const source = randomPicture(61, 47);
/** Turned and shrunk to a third; enlarged; partly and wholly outside; mirrored never. */
const transforms: readonly Similarity[] = [
  { a: 0.31, b: -0.12, tx: 3, ty: 4 },
  { a: 1.7, b: 0.9, tx: -20, ty: -31 },
  { a: 0.5, b: 0.5, tx: -18, ty: 2 },
  { a: 1, b: 0, tx: 500, ty: 0 },
];
const size = 20;

async function values(x: Tensor): Promise<Float32Array> {
  const floats = await x.floats();
  x.dispose();
  return floats;
}

/** The largest difference. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.is(a.length, b.length);
  let most = 0;
  for (let k = 0; k < a.length; k++) most = Math.max(most, Math.abs((a[k] as number) - (b[k] as number)));
  return most;
}

const plainCrops = (from: Picture, each: readonly Similarity[], options = {}): Float32Array =>
  Float32Array.from(each.flatMap((transform) => [...plainCrop(from, transform, size, options)]));

for (const sampling of ['bilinear', 'area'] as const)
  test(`${sampling}: every crop of a batch is what plain loops say`, async () => {
    const crops = await values(cropPictures(source, transforms, size, { sampling }));
    assert.ok(distance(crops, plainCrops(source, transforms, { sampling })) < 2e-5);
    const last = crops.subarray(3 * 3 * size * size);
    assert.ok(
      last.every((value) => value === 0),
      'a crop beside the picture is black',
    );
  });

test('a crop in whole pixels has the bits of the picture', async () => {
  const crop = await values(cropPictures(source, [cropOf(7, 5, size, size)], size));
  for (let k = 0; k < crop.length; k++) {
    const [channel, x, y] = [k % 3, Math.floor(k / 3) % size, Math.floor(k / 3 / size)];
    const byte = source.data[4 * ((y + 5) * source.width + x + 7) + channel] as number;
    assert.is(Math.round(255 * (crop[k] as number)), byte);
    assert.ok(Math.abs(255 * (crop[k] as number) - byte) < 1e-4);
  }
});

test("the origin 'index' is TensorFlow's resize without half-pixel centres", async () => {
  const resized = [cropOf(0, 0, 61, size), cropOf(11, 6, 9, size)];
  const options = { sampling: 'bilinear', origin: 'index' } as const;
  const crops = await values(cropPictures(source, resized, size, options));
  assert.ok(distance(crops, plainCrops(source, resized, options)) < 2e-5);
  // The first pixel is the picture's first, and an enlarged square ends with its own last column.
  assert.ok(Math.abs((crops[0] as number) * 255 - (source.data[0] as number)) < 1e-4);
  const end = (crops[3 * size * size + 3 * (size - 1)] as number) * 255;
  assert.ok(Math.abs(end - (source.data[4 * (6 * 61 + 19)] as number)) < 1e-3);
});

test('far from the corner of a large picture a crop is as exact as near it', async () => {
  const [wide, far] = [picture(30000, 40), 29000];
  for (let y = 0; y < 40; y++)
    for (let x = 0; x < 61; x++)
      for (let c = 0; c < 4; c++)
        wide.data[4 * (y * 30000 + far + x) + c] = source.data[4 * (y * 61 + x) + c] as number;
  const near: Similarity = { a: 1.7, b: 0.9, tx: -20, ty: -31 };
  const moved = composed(near, { a: 1, b: 0, tx: -far, ty: 0 });
  const crop = await values(cropPictures(wide, [moved], size));
  assert.ok(distance(crop, plainCrop(wide, moved, size)) < 2e-5);
});

test('a window of a picture gives the crops of the whole', async () => {
  const inside: readonly Similarity[] = [{ a: 0.9, b: 0.3, tx: -12, ty: -22 }];
  const window = uploadPicture(source, { x: 14, y: 9, width: 40, height: 36 });
  const fromWindow = await values(cropPictures(window, inside, size));
  assert.equal(fromWindow, await values(cropPictures(uploadPicture(source), inside, size)));
  assert.equal(fromWindow, await values(cropPictures(source, inside, size)));
  const back = await downloadPicture(window);
  assert.equal([back.width, back.height], [40, 36]);
  assert.equal([...back.data.subarray(0, 4)], [...source.data.subarray(4 * (9 * 61 + 14), 4 * (9 * 61 + 14) + 4)]);
});

test('a picture that is too large to upload is shrunk by a whole factor first', async () => {
  const huge = picture(6000, 4000);
  for (let at = 0; at < huge.data.length; at += 4) {
    const x = (at / 4) % 6000;
    const y = Math.floor(at / 4 / 6000);
    huge.data[at] = (x * 255) / 6000;
    huge.data[at + 1] = (y * 255) / 4000;
    huge.data[at + 2] = x < 3000 ? 200 : 20;
  }
  const both = [cropOf(0, 0, 6000, size), cropOf(5000, 3000, 500, size)];
  const crops = await values(cropPictures(huge, both, size));
  assert.ok(distance(crops, plainCrops(huge, both)) < 2 / 255);
});

test('a shrunken window averages blocks, and its transform shows the same', () => {
  const factor = 3;
  const window = { x: 6, y: 3, width: 55, height: 44 };
  const small = shrunkWindow(source, factor, window);
  assert.equal([small.width, small.height], [19, 15]);
  let sum = 0;
  for (let y = 0; y < 3; y++) for (let x = 0; x < 3; x++) sum += source.data[4 * ((6 + y) * 61 + 12 + x)] as number;
  assert.is(small.data[4 * (1 * 19 + 2)], Math.round(sum / 9));
  const transform: Similarity = { a: 0.2, b: 0.1, tx: 1, ty: 2 };
  for (const [index, of] of [
    [false, 1.5],
    [true, 1],
  ] as const) {
    const moved = shrunkTransform(transform, factor, window, index);
    // The middle of block (2, 1): as a corner position 2.5 blocks, as an index block 2, whose middle pixel is 6 + 7.
    const [u, v] = index ? [2, 1] : [2.5, 1.5];
    const [x, y] = [6 + 6 + of, 3 + 3 + of];
    assert.ok(Math.abs(moved.a * u - moved.b * v + moved.tx - (0.2 * x - 0.1 * y + 1)) < 1e-9);
    assert.ok(Math.abs(moved.b * u + moved.a * v + moved.ty - (0.1 * x + 0.2 * y + 2)) < 1e-9);
  }
});

test('a recorded step crops the pixels and the places that were written last', async () => {
  const frame = uploadPicture(source);
  const places = placeCrops(transforms.slice(0, 2), size);
  const step = record(() => cropPictures(frame, places, size));
  const eager = async (from: Picture, each: readonly Similarity[]) => values(cropPictures(from, each, size));
  assert.equal(await step.run().floats(), await eager(source, transforms.slice(0, 2)));
  const next = randomPicture(61, 47, 9);
  overwritePicture(frame, next);
  places.write(placementRows(transforms.slice(1, 3), size));
  assert.equal(await step.run().floats(), await eager(next, transforms.slice(1, 3)));
  places.write(new Float32Array(12));
  assert.ok(
    (await step.run().floats()).every((value) => value === 0),
    'a row of zeros is no crop',
  );
  step.dispose();
});

const held = uploadPicture(source, { x: 0, y: 0, width: 10, height: 10 });
refusesEach(test, [
  ['no transforms', () => cropPictures(source, [], size), /cropPictures: transforms.*at least one/],
  [
    'a transform without a scale',
    () => cropPictures(source, [any({ a: 0, b: 0, tx: 1, ty: 1 })], size),
    /transforms\[0\]/,
  ],
  ['a size that is none', () => cropPictures(source, transforms, 0), /size is 0/],
  ['a sampling that is none', () => cropPictures(source, transforms, size, any({ sampling: 'nearest' })), /sampling/],
  ['an option that is none', () => cropPictures(source, transforms, size, any({ mode: 1 })), /option 'mode'/],
  ['an index that turns', () => cropPictures(source, transforms, size, { origin: 'index' }), /origin.*turn/],
  ['pixels that are not held', () => cropPictures(held, [cropOf(0, 0, 20, size)], size), /window.*10 x 10.*21 x 21/],
  ['a window outside', () => uploadPicture(source, { x: 50, y: 0, width: 20, height: 2 }), /window.*61 x 47/],
  ['another size of frame', () => overwritePicture(held, randomPicture(9, 9)), /source.*9 x 9/],
  [
    'placements for a picture of the host',
    () => cropPictures(source, placeCrops(transforms, size, gpu), size),
    /Upload/,
  ],
]);

test.run();
