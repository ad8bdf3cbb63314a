/** Pasting back: against plain loops, the round trip of crops that did not change, and what must keep its bits. */
import {
  colourMaps,
  composed,
  cropOf,
  cropPictures,
  downloadPicture,
  ellipseOf,
  type FivePoints,
  inverted,
  outlineMasks,
  type Picture,
  type Point,
  pasteBack,
  pasteIntoPicture,
  picture,
  placeCrops,
  placementRows,
  placeOutlines,
  type Similarity,
  transformed,
  uploadPicture,
} from '@visage/photos';
import { record, scope, type Tensor, tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { any, refusesEach } from '../helpers/mistakes.ts';
import { hostRandom } from '../helpers/random.ts';
import { randomPicture } from './plain.ts';
import { opponentOf, type PlainFace, plainColours, plainPaste } from './plainPaste.ts';

const { test } = await gpuSuite('pasting back');
const size = 24;
const pixels = size * size;
const source = randomPicture(83, 67, 4);
/** A face that the crop enlarges, one that it shrinks and that overlaps it, one that reaches beyond the picture. */
const transforms: readonly Similarity[] = [
  { a: 1.6, b: -0.7, tx: -51, ty: -2 },
  { a: 0.45, b: 0.2, tx: 2, ty: -6 },
  { a: 0.9, b: 0.1, tx: -60, ty: -20 },
];

/** The ellipse of a frontal face in the middle of each crop, taken back to the picture. */
function masksFor(each: readonly Similarity[], side = size): Tensor {
  const points = [
    [0.36, 0.46],
    [0.64, 0.46],
    [0.5, 0.6],
    [0.39, 0.76],
    [0.61, 0.76],
  ];
  const outlines = each.map((transform) => {
    const back = inverted(transform);
    const five = points.map(([x, y]): Point => transformed(back, [side * (x as number), side * (y as number)]));
    return ellipseOf(five as unknown as FivePoints);
  });
  return scope(() => outlineMasks(placeOutlines(outlines, each), side));
}

/** Another face: values that have nothing to do with the picture, some beyond [0, 1]. */
const otherFaces = (count: number, side = size, seed = 2): Tensor =>
  tensor(
    hostRandom(seed)
      .normals(3 * side * side * count, 0.3)
      .map((x) => x + 0.5),
    [count, side, side, 3],
  );

async function facesOf(masks: Tensor, swapped: Tensor, crops: Tensor): Promise<PlainFace[]> {
  const [m, s, c] = await Promise.all([masks, swapped, crops].map((x) => x.floats()));
  const part = (all: Float32Array | undefined, k: number, n: number) =>
    (all as Float32Array).subarray(k * n, k * n + n);
  return transforms.map((transform, k) => ({
    transform,
    mask: part(m, k, pixels),
    swapped: part(s, k, 3 * pixels),
    crop: part(c, k, 3 * pixels),
  }));
}

/** How many bytes differ, and by how much at most. */
function compared(a: Picture, b: Picture): { count: number; most: number } {
  assert.equal([a.width, a.height], [b.width, b.height]);
  let [count, most] = [0, 0];
  for (let k = 0; k < a.data.length; k++) {
    const difference = Math.abs((a.data[k] as number) - (b.data[k] as number));
    if (difference > 0) count++;
    most = Math.max(most, difference);
  }
  return { count, most };
}

test('what is pasted is what plain loops say, and pixels that no mask reaches keep their bits', async () => {
  const target = uploadPicture(source);
  const crops = cropPictures(target, transforms, size);
  const [masks, swapped] = [masksFor(transforms), otherFaces(3)];
  const plain = plainPaste(source, await facesOf(masks, swapped, crops), size);
  const pasted = await downloadPicture(pasteBack(target, swapped, transforms, masks, { colour: 'keep', crops }));
  let [changed, outside, most] = [0, 0, 0];
  for (let at = 0; at < plain.masked.length; at++) {
    const rgb = [0, 1, 2].map((c) => pasted.data[4 * at + c] as number);
    const before = [0, 1, 2].map((c) => source.data[4 * at + c] as number);
    assert.is(pasted.data[4 * at + 3], source.data[4 * at + 3], 'alpha stays');
    if (plain.masked[at] === 0) {
      outside++;
      assert.equal(rgb, before);
    }
    rgb.forEach((byte, c) => {
      const exact = Math.min(255, Math.max(0, plain.bytes[3 * at + c] as number));
      most = Math.max(most, Math.abs(byte - exact));
      if (byte !== before[c]) changed++;
    });
  }
  assert.ok(most < 0.51, `${most} levels, of which rounding is half of one`);
  assert.ok(changed > 1000 && outside > 1000, `${changed} bytes changed, ${outside} pixels outside`);
  assert.ok(
    plain.masked.some((m) => m > 1.2),
    'two masks overlap',
  );
});

for (const colour of ['match', 'keep'] as const)
  test(`crops that did not change leave every bit of the picture (colour: ${colour})`, async () => {
    const target = uploadPicture(source);
    const masks = masksFor(transforms);
    const again = cropPictures(target, transforms, size);
    const pasted = await downloadPicture(pasteBack(target, again, transforms, masks, { colour }));
    assert.equal(compared(pasted, source), { count: 0, most: 0 });
    const inPicture = await pasteIntoPicture(source, again, transforms, masks, { colour });
    assert.equal(compared(inPicture, source), { count: 0, most: 0 });
  });

test('a network that returns its target up to noise of half a level changes no pixel by more than one', async () => {
  const target = uploadPicture(source);
  const crops = cropPictures(target, transforms, size);
  const noise = hostRandom(8).normals(crops.size, 0.0005);
  const noisy = (await crops.floats()).map((x, k) => x + (noise[k] as number));
  const swapped = tensor(noisy, crops.shape);
  for (const colour of ['match', 'keep'] as const) {
    const pasted = await downloadPicture(pasteBack(target, swapped, transforms, masksFor(transforms), { colour }));
    const { most } = compared(pasted, source);
    assert.ok(most <= 1, `${most} levels`);
  }
});

test('strength scales the change', async () => {
  const target = uploadPicture(source);
  const one = [transforms[1] as Similarity];
  const [masks, swapped] = [masksFor(one), tensor(new Float32Array(3 * pixels).fill(1), [1, size, size, 3])];
  const change = async (strength: number) => {
    const pasted = await downloadPicture(pasteBack(target, swapped, one, masks, { strength, colour: 'keep' }));
    return pasted.data.reduce((sum, byte, k) => sum + byte - (source.data[k] as number), 0);
  };
  const [none, half, all] = [await change(0), await change(0.5), await change(1)];
  assert.is(none, 0);
  assert.ok(Math.abs(half / all - 0.5) < 0.01, `${half} of ${all}`);
});

test('matched colours are those that plain loops say', async () => {
  const crops = cropPictures(source, transforms.slice(0, 2), size);
  const [masks, swapped] = [masksFor(transforms.slice(0, 2)), otherFaces(2)];
  const dark = tensor(
    (await swapped.floats()).map((x) => 0.3 * x + 0.1),
    swapped.shape,
  );
  const maps = await colourMaps(crops, dark, masks).floats();
  const faces = await facesOf(masks, dark, crops);
  for (const [face, each] of faces.slice(0, 2).entries()) {
    const plain = plainColours(each);
    const rgb = Float32Array.from({ length: 3 * pixels }, (_, k) => {
      const row = maps.subarray(12 * face + 4 * (k % 3), 12 * face + 4 * (k % 3) + 4);
      const at = k - (k % 3);
      return [0, 1, 2].reduce(
        (sum, c) => sum + (row[c] as number) * (each.swapped[at + c] as number),
        row[3] as number,
      );
    });
    for (let k = 0; k < pixels; k++)
      opponentOf(rgb, k).forEach((value, c) => {
        assert.ok(Math.abs(value - (plain[k]?.[c] as number)) < 2e-4, `pixel ${k}: ${value}, ${plain[k]?.[c]}`);
      });
  }
});

test('a face of other light takes the light of the picture', async () => {
  const one = [cropOf(10, 10, size, size)];
  const masks = masksFor(one);
  const crops = cropPictures(source, one, size);
  const lit = tensor(
    (await crops.floats()).map((x, k) => 0.7 * x + [0.2, 0.1, 0][k % 3]!),
    crops.shape,
  );
  const target = uploadPicture(source);
  const shift = async (colour: 'match' | 'keep') =>
    compared(await downloadPicture(pasteBack(target, lit, one, masks, { colour })), source).most;
  const [matched, kept] = [await shift('match'), await shift('keep')];
  assert.ok(kept > 40 && matched <= 6, `${kept} levels off, ${matched} when matched`);
});

test('a picture on the host is pasted into as one on the GPU', async () => {
  const [masks, swapped] = [masksFor(transforms), otherFaces(3)];
  const onHost = await pasteIntoPicture(source, swapped, transforms, masks);
  const onGpu = await downloadPicture(pasteBack(uploadPicture(source), swapped, transforms, masks));
  assert.equal(compared(onHost, onGpu), { count: 0, most: 0 });
  assert.ok(compared(onHost, source).most > 50);
  const buffered = picture(source.width, source.height, Buffer.from(source.data));
  assert.equal(compared(await pasteIntoPicture(buffered, swapped, transforms, masks), onHost), { count: 0, most: 0 });
  assert.equal(compared(buffered, source), { count: 0, most: 0 }, 'the picture itself is not changed');
  const beside = await pasteIntoPicture(
    source,
    swapped,
    transforms.map(() => cropOf(500, 0, 9, size)),
    masks,
  );
  assert.equal(compared(beside, source), { count: 0, most: 0 });
});

test('far from the corner of a wide picture a paste has the bits that it has near it', async () => {
  const [width, far] = [30000, 29000];
  const wide = picture(width, source.height);
  for (let y = 0; y < source.height; y++)
    wide.data.set(source.data.subarray(4 * 83 * y, 4 * 83 * (y + 1)), 4 * (y * width + far));
  const near = transforms.slice(0, 1);
  const moved = near.map((transform) => composed(transform, { a: 1, b: 0, tx: -far, ty: 0 }));
  const [masks, swapped] = [masksFor(near), otherFaces(1)];
  const pasted = await pasteIntoPicture(wide, swapped, moved, masks);
  const expected = await pasteIntoPicture(source, swapped, near, masks);
  const rows = Array.from({ length: source.height }, (_, y) => {
    const from = 4 * (y * width + far);
    return [...pasted.data.subarray(from, from + 4 * 83)];
  });
  assert.ok(compared(picture(83, source.height, Uint8Array.from(rows.flat())), expected).most <= 1);
  assert.ok(compared(expected, source).most > 50);
});

test('a large picture is pasted in bands, without a seam', async () => {
  const [width, height] = [9000, 2100];
  const large = picture(width, height);
  large.data.fill(100);
  const one = [{ a: size / 9000, b: 0, tx: 0, ty: 0 }];
  const all = tensor(new Float32Array(pixels).fill(1), [1, size, size, 1]);
  const white = tensor(new Float32Array(3 * pixels).fill(1), [1, size, size, 3]);
  const pasted = await pasteIntoPicture(large, white, one, all, { colour: 'keep' });
  for (let y = 1; y < height; y++) {
    const [above, here] = [pasted.data[4 * ((y - 1) * width + 4500)], pasted.data[4 * (y * width + 4500)]] as [
      number,
      number,
    ];
    assert.ok(Math.abs(above - here) <= 1, `row ${y}: ${above}, ${here}`);
  }
  assert.is(pasted.data[4 * (1000 * width + 4500)], 255);
});

test('a recorded step crops, changes and pastes the frame and the places that were written last', async () => {
  const frame = uploadPicture(source);
  const places = placeCrops(transforms, size);
  const masks = masksFor(transforms);
  const invert = (): { pixels: Tensor } => {
    const crops = cropPictures(frame, places, size);
    return pasteBack(frame, crops.neg().add(1), places, masks, { crops });
  };
  const step = record(invert);
  const replayed = async () => downloadPicture({ ...frame, pixels: step.run().pixels });
  const eager = async () => downloadPicture({ ...frame, pixels: scope(invert).pixels });
  const first = await replayed();
  assert.equal(compared(first, await eager()), { count: 0, most: 0 });
  const next = randomPicture(83, 67, 5);
  frame.pixels.write(new Uint32Array(next.data.buffer));
  places.write(placementRows([...transforms].reverse(), size));
  const second = await replayed();
  assert.equal(compared(second, await eager()), { count: 0, most: 0 });
  assert.ok(compared(second, first).most > 50);
  places.write(new Float32Array(places.size));
  assert.equal(compared(await replayed(), next), { count: 0, most: 0 });
  step.dispose();
});

const target = uploadPicture(source);
const masks = masksFor(transforms);
const swapped = otherFaces(3);
refusesEach(test, [
  ['masks of fewer faces', () => pasteBack(target, swapped, transforms.slice(1), masks), /masks is \[3, 24, 24, 1\]/],
  ['crops of another size', () => pasteBack(target, otherFaces(3, 12), transforms, masks), /swapped is \[3, 12/],
  ['a strength beyond 1', () => pasteBack(target, swapped, transforms, masks, { strength: 2 }), /strength is 2/],
  [
    'a colour that is none',
    () => pasteBack(target, swapped, transforms, masks, { colour: any('lab') }),
    /colour is 'lab'/,
  ],
  ['an option that is none', () => pasteBack(target, swapped, transforms, masks, any({ feather: 1 })), /'feather'/],
]);

test.run();
