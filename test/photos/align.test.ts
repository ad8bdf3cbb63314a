/** Alignment: the templates' own points, exact landmarks of rendered faces, and crops that show the same face. */
import { type FaceKey, faceSets, landmarksOf, renderFaces } from '@visage/faces';
import {
  alignFace,
  cropPictures,
  type FivePoints,
  type Point,
  picture,
  type Similarity,
  templates,
  transformed,
} from '@visage/photos';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { any, refusesEach } from '../helpers/mistakes.ts';

const { test } = await gpuSuite('alignment of faces');

const pointsOf = (key: FaceKey, size: number): FivePoints => {
  const { leftEye, rightEye, noseTip, leftMouthCorner, rightMouthCorner } = landmarksOf(key, size);
  const five = [leftEye, rightEye, noseTip, leftMouthCorner, rightMouthCorner].map(({ x, y }): Point => [x, y]);
  return five as unknown as FivePoints;
};

const movedBy = (move: Similarity, points: FivePoints): FivePoints =>
  points.map((point) => transformed(move, point)) as unknown as FivePoints;

test('each of the five poses of SimSwap is found again, wherever it lies', () => {
  const move: Similarity = { a: 2, b: -1.5, tx: 300, ty: 40 };
  for (const template of ['simswap', 'ffhq', 'arcface', 'dlib'] as const)
    for (const [pose, points] of Object.entries(templates[template].poses)) {
      const moved = movedBy(move, points);
      const found = alignFace(moved, template, 224);
      assert.is(found.pose, pose);
      assert.ok(found.error < 1e-9);
      const scale = 224 / templates[template].side;
      const [x, y] = transformed(found.transform, moved[2]);
      assert.ok(Math.hypot(x - scale * points[2][0], y - scale * points[2][1]) < 1e-9);
    }
});

test('rendered faces are aligned: their points come to lie where the template has them', () => {
  let most = 0;
  for (let n = 0; n < 40; n++) {
    const key: FaceKey = { identity: faceSets.heldOut + n, attributes: faceSets.heldOut + 3 * n, level: 'L1' };
    most = Math.max(most, alignFace(pointsOf(key, 224), 'simswap', 224).error);
  }
  assert.ok(most < 0.06, `mean distance up to ${most.toFixed(4)} of the side`);
});

test('a face that was turned, shrunk and moved gives the crop of the face itself', async () => {
  const [size, side, crop] = [256, 340, 112];
  const move: Similarity = { a: 0.85, b: -0.4, tx: 10, ty: 110 };
  for (const n of [3, 4, 5].map((k) => faceSets.heldOut + k)) {
    const key: FaceKey = { identity: n, attributes: n, level: 'L1' };
    const numbers = Uint32Array.of(n);
    const rendered = renderFaces({ identities: numbers, attributes: numbers, size, level: 'L1', samples: 2 });
    const still = pictureOf(await rendered.floats(), size);
    const moved = pictureOf(await cropPictures(still, [move], side).floats(), side);
    const points = pointsOf(key, size);
    const [a, b] = [alignFace(points, 'simswap', crop), alignFace(movedBy(move, points), 'simswap', crop)];
    const first = await cropPictures(still, [a.transform], crop).floats();
    const second = await cropPictures(moved, [b.transform], crop).floats();
    const error =
      255 * Math.sqrt(first.reduce((sum, x, k) => sum + (x - (second[k] as number)) ** 2, 0) / first.length);
    const shifted = { ...a.transform, tx: a.transform.tx + 1 };
    const beside = await cropPictures(still, [shifted], crop).floats();
    const off = 255 * Math.sqrt(first.reduce((sum, x, k) => sum + (x - (beside[k] as number)) ** 2, 0) / first.length);
    assert.ok(error < off / 10, `${error.toFixed(2)} levels rms; one pixel off makes ${off.toFixed(2)}`);
  }
});

/** An opaque picture of RGB values in [0, 1]. */
function pictureOf(rgb: Float32Array, size: number) {
  const bytes = Uint8Array.from({ length: 4 * size * size }, (_, k) =>
    k % 4 === 3 ? 255 : Math.round(255 * (rgb[3 * Math.floor(k / 4) + (k % 4)] as number)),
  );
  return picture(size, size, bytes);
}

const five = pointsOf({ identity: 1, attributes: 1 }, 64);
refusesEach(test, [
  ['a template that is none', () => alignFace(five, any('dlip'), 8), /template is 'dlip'/],
  ['four points', () => alignFace(any(five.slice(0, 4)), 'ffhq', 8), /points.*five points/],
  ['points at one place', () => alignFace(any(Array(5).fill([3, 3])), 'ffhq', 8), /at one place/],
  ['a point that is no number', () => alignFace(any([...five.slice(0, 4), [1, Number.NaN]]), 'ffhq', 8), /points/],
]);

test.run();
