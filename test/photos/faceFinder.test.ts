/** @file Faces of real photographs, which are fetched as packages; the numbers are those of real-world runs. */
import { readFileSync } from 'node:fs';
import {
  descriptorDistance,
  type Face,
  FaceFinder,
  loadFaceNetworks,
  type Picture,
  picture,
  samePerson,
} from '@visage/photos';
import { npmWeights } from '@visage/photos/node';
import * as assert from 'uvu/assert';
import { foundOf } from '../../bench/core/detection.ts';
import { fixturePicture, pictures } from '../helpers/fixtures.ts';
import { gpuSuite } from '../helpers/gpu.ts';

const { test, gpu } = await gpuSuite('faces of photographs', { robustness: false, deterministic: true });
const networks = loadFaceNetworks(npmWeights);
const finder = new FaceFinder(networks);
test.after(() => networks.dispose());

type BoxRow = readonly [x: number, y: number, width: number, height: number];

/** A picture on which detection is measured, and the boxes of its faces. */
async function photo(ending: string): Promise<{ source: Picture; faces: readonly BoxRow[] }> {
  const entry = pictures.find(({ path }) => path.endsWith(ending));
  assert.ok(entry, ending);
  return { source: await fixturePicture(entry.package, entry.path), faces: entry.faces as readonly BoxRow[] };
}

/** The largest distance of two boxes' sides. */
const apart = ({ box: { x, y, width, height } }: Face, [left, top, w, h]: BoxRow): number =>
  Math.max(...[x - left, y - top, x + width - left - w, y + height - top - h].map(Math.abs));

/** A picture in the middle of a black one. */
function inside(source: Picture, width: number, height: number): Picture {
  const [x, y] = [Math.floor((width - source.width) / 2), Math.floor((height - source.height) / 2)];
  const out = picture(width, height);
  for (let row = 0; row < source.height; row++) {
    const line = source.data.subarray(4 * row * source.width, 4 * (row + 1) * source.width);
    out.data.set(line, 4 * ((y + row) * width + x));
  }
  return out;
}

/** A rectangle of a picture. */
function cut(source: Picture, x: number, y: number, width: number, height: number): Picture {
  const out = picture(width, height);
  for (let row = 0; row < height; row++) {
    const from = 4 * ((y + row) * source.width + x);
    out.data.set(source.data.subarray(from, from + 4 * width), 4 * row * width);
  }
  return out;
}

test('finds 28 of 29 people whose faces have 16 pixels, where the original runtime has them, and nothing else', async () => {
  const file = new URL('../golden/media/ssd-tiles-solvay.json', import.meta.url);
  const { photos } = JSON.parse(readFileSync(file, 'utf8'));
  const golden = photos[2].faces as readonly { readonly score: number; readonly box: BoxRow }[];
  const { source, faces } = await photo('640x440.jpg');
  const found = await finder.find(source);
  assert.equal([found.length, foundOf(found, faces)], [28, 28]);
  const middles = found.map(({ box }) => box.x + box.width / 2);
  assert.equal(
    middles,
    [...middles].sort((a, b) => a - b),
    'from left to right',
  );
  const near = golden.filter(({ box, score }) =>
    found.some((face) => apart(face, box) <= 0.5 && Math.abs(face.score - score) <= 0.005),
  );
  assert.ok(near.length >= golden.length - 2, `${near.length} of ${golden.length} boxes`);
  const sure = found.filter(({ score }) => score > 0.51);
  for (const face of sure)
    assert.ok(
      golden.some(({ box }) => apart(face, box) <= 0.5),
      `the original runtime has no face at ${JSON.stringify(face.box)}`,
    );
});

test('finds, follows and recognises the face of a portrait', async () => {
  const { source, faces } = await photo('astronaut.png');
  const [face, ...others] = await finder.find(source, { tiles: false });
  assert.is(others.length, 0);
  assert.ok(face && apart(face, faces[0] as BoxRow) < 0.1 * face.box.width);
  const live = gpu.memory.live;
  assert.equal(await finder.find(source, { tiles: false }), [face], 'the same bits again');
  assert.is(gpu.memory.live, live, 'nothing is left behind');
  const [left, right, nose, mouth] = face.points;
  assert.ok(left[0] < nose[0] && nose[0] < right[0] && nose[1] > left[1] && mouth[1] > nose[1]);

  const moved = cut(source, 8, 6, 480, 480);
  const [followed] = await finder.follow(moved, [face]);
  assert.ok(followed && followed.flag > 0.99);
  for (const [k, [x, y]] of face.points.entries()) {
    const [u, v] = followed.points[k] as readonly [number, number];
    assert.ok(Math.hypot(u + 8 - x, v + 6 - y) < 3, `point ${k}: (${u}, ${v}) after (${x}, ${y})`);
  }

  const { source: other } = await photo('grace_hopper.jpg');
  const [stranger] = await finder.find(other, { tiles: false });
  assert.ok(stranger);
  const [one] = await finder.describe(source, [face]);
  const [again] = await finder.describe(moved, [followed]);
  const [someone] = await finder.describe(other, [stranger]);
  assert.is(one?.length, 128);
  const [same, different] = [again, someone].map((each) => descriptorDistance(one!, each!)) as [number, number];
  assert.ok(same < 0.2 && different > samePerson, `${same} and ${different}`);
});

test('a face that fills the frame is found with a margin, and one in a huge picture by windows', async () => {
  const { source, faces } = await photo('grace_hopper.jpg');
  const [x, y, width, height] = faces[0] as BoxRow;
  const [close] = await finder.find(cut(source, x + 15, y + 15, width - 30, height - 30), { tiles: false });
  assert.ok(close);
  const huge = inside(source, 4200, 4100); // more than 2²⁴ pixels
  const found = await finder.find(huge, { tiles: false });
  assert.is(found.length, 1);
  const at: BoxRow = [x + (4200 - source.width) / 2, y + (4100 - source.height) / 2, width, height];
  assert.ok(apart(found[0] as Face, at) < 0.2 * width, `${JSON.stringify(found[0]?.box)}, expected ${at}`);
});

test('pictures that are looked at together have the faces of each alone: the same bits in full launches', async () => {
  const shown: Picture[] = [];
  for (const name of ['astronaut.png', 'grace_hopper.jpg']) {
    const { source, faces } = await photo(name);
    const [x, y, width, height] = (faces[0] as BoxRow).map(Math.round) as unknown as BoxRow;
    shown.push(cut(source, Math.max(0, x - width), Math.max(0, y - height / 2), 2 * width, 2 * height));
  }
  const whole = { smallest: 50 };
  const together = await new FaceFinder(networks, { batch: 2 }).findAll([...shown, shown[0] as Picture], whole);
  assert.equal(
    together.map(({ length }) => length),
    [1, 1, 1],
  );
  assert.equal(together[2], together[0]);
  const alone = new FaceFinder(networks, { batch: 2 });
  for (const [k, source] of shown.entries()) assert.equal(await alone.find(source, whole), together[k]);
  const fitted = await finder.findAll(shown, whole);
  for (const [k, [face]] of fitted.entries()) {
    const [{ box }] = together[k] as [Face];
    const { x, y, width, height } = box;
    assert.ok(face && apart(face, [x, y, width, height]) < 0.01, `picture ${k}`);
  }
});

test('no face in a cat', async () => {
  const { source } = await photo('chelsea.png');
  assert.equal(await finder.find(source, { tiles: false }), []);
});

test.run();
