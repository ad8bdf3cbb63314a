/** Masks of faces: against plain loops, exactly zero where they must be, and as large as rendered faces. */
import { type FaceKey, faceSets, landmarksOf, renderMasks } from '@visage/faces';
import {
  celebMaskFace,
  ellipseOf,
  type FivePoints,
  keepOccluders,
  OUTLINE_POINTS,
  outlineMasks,
  outlineOf,
  outlineRows,
  type Point,
  parsingRegion,
  placeOutlines,
  regionMasks,
  type Similarity,
  transformed,
} from '@visage/photos';
import { record, type Tensor, tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { refusesEach } from '../helpers/mistakes.ts';
import { plainOutlineMask, plainRegionMask } from './plainPaste.ts';

const { test } = await gpuSuite('masks of faces');
const size = 40;

async function values(x: Tensor): Promise<Float32Array> {
  const floats = await x.floats();
  x.dispose();
  return floats;
}

function near(a: Float32Array, b: Float32Array, most: number): void {
  assert.is(a.length, b.length);
  for (const [k, value] of a.entries())
    assert.ok(Math.abs(value - (b[k] as number)) <= most, `${k}: ${value}, ${b[k]}`);
}

/** A closed outline with a dent, so that it is not convex. */
const outline = Array.from({ length: OUTLINE_POINTS }, (_, k): Point => {
  const angle = (2 * Math.PI * k) / OUTLINE_POINTS;
  const radius = 30 * (1 - 0.3 * Math.exp(-((k - 9) ** 2) / 4));
  return [50 + radius * Math.sin(angle), 60 - 1.2 * radius * Math.cos(angle)];
});
const straight: Similarity = { a: 0.5, b: 0, tx: -5, ty: -10 };
const turned: Similarity = { a: 0.6, b: 0.25, tx: 6, ty: -30 };

/** √area of the outline in the crop. */
function sideOf(transform: Similarity): number {
  const moved = outline.map((point) => transformed(transform, point));
  const area = moved.reduce((sum, [x, y], k) => {
    const [u, v] = moved[(k + 1) % moved.length] as Point;
    return sum + (x * v - u * y) / 2;
  }, 0);
  return Math.sqrt(Math.abs(area));
}

test('an outline becomes the mask that plain loops say, 0 outside and at the sides of the crop', async () => {
  for (const options of [{}, { feather: 0.3, grow: 0.05 }, { feather: 0.02, grow: -0.1 }]) {
    const both = [straight, turned];
    const masks = await values(outlineMasks(placeOutlines([outline, outline], both, options), size));
    for (const [k, transform] of both.entries()) {
      const moved = outline.map((point) => transformed(transform, point));
      const [feather, grow] = [options.feather ?? 0.15, options.grow ?? 0].map((x) => x * sideOf(transform));
      const plain = plainOutlineMask(moved, size, feather as number, grow as number);
      const mask = masks.subarray(k * size * size, (k + 1) * size * size);
      near(mask, plain, 1e-4);
      assert.ok(mask.every((value, at) => value === 0 || plain[at] !== 0));
      assert.ok(mask.some((value) => value > 0.99) && mask.some((value) => value === 0));
    }
  }
});

test('the feather grows with the face', async () => {
  /** Pixels of the edge, where the mask is neither 0 nor 1, by the side of a face that is twice as large. */
  const edges = [0.4, 0.8].map(async (scale) => {
    const transform: Similarity = { a: scale, b: 0, tx: 64 - 50 * scale, ty: 64 - 60 * scale };
    const mask = await values(outlineMasks(placeOutlines([outline], [transform]), 128));
    return mask.filter((value) => value > 0 && value < 1).length;
  });
  const [small, large] = (await Promise.all(edges)) as [number, number];
  assert.ok(Math.abs(large / small - 4) < 0.2, `${small} and ${large} pixels`);
});

test('a region becomes the mask that plain loops say', async () => {
  const region = Float32Array.from({ length: 2 * size * size }, (_, k) => {
    const [x, y] = [k % size, Math.floor(k / size) % size];
    const hole = Math.hypot(x - 22, y - 17) < 3;
    return k < size * size ? Number(Math.hypot(x - 20, (y - 20) * 0.8) < 15 && !hole) : Number(x > 4 || y > 9);
  });
  for (const feather of [0.03, 0.11, 0.25]) {
    const masks = await values(regionMasks(tensor(region, [2, size, size, 1]), { feather }));
    for (const half of [0, 1]) {
      const part = (all: Float32Array) => all.subarray(half * size * size, (half + 1) * size * size);
      near(part(masks), plainRegionMask(part(region), size, Math.max(1, feather * size)), 1e-5);
    }
  }
});

test('a parsing map gives the region of its classes, and occluders keep every pixel', async () => {
  const map = Float32Array.from({ length: size * size }, (_, k) => (k % size < 8 ? 17 : k % size < 30 ? 1 : 10));
  const region = parsingRegion(tensor(map, [1, size, size, 1]), celebMaskFace);
  assert.equal(
    await region.floats(),
    map.map((each) => Number(each !== 17)),
  );
  const hand = Float32Array.from({ length: size * size }, (_, k) => Number(Math.floor(k / size) > 25));
  const soft = regionMasks(region);
  const masks = await values(keepOccluders(soft, tensor(hand, [1, size, size, 1])));
  const before = await values(soft);
  masks.forEach((value, k) => {
    if (hand[k] === 1) assert.is(value, 0);
    else if (Math.floor(k / size) < 24) assert.is(value, before[k]);
  });
});

const pointsOf = (key: FaceKey): FivePoints => {
  const { leftEye, rightEye, noseTip, leftMouthCorner, rightMouthCorner } = landmarksOf(key, 128);
  const five = [leftEye, rightEye, noseTip, leftMouthCorner, rightMouthCorner].map(({ x, y }): Point => [x, y]);
  return five as unknown as FivePoints;
};

test('an ellipse from five points covers the face of rendered people', async () => {
  const count = 12;
  const numbers = Uint32Array.from({ length: count }, (_, k) => faceSets.heldOut + 7 * k);
  const faces = await values(renderMasks({ identities: numbers, attributes: numbers, size: 128, level: 'L1' }));
  const same: Similarity = { a: 1, b: 0, tx: 0, ty: 0 };
  const outlines = [...numbers].map((n) => ellipseOf(pointsOf({ identity: n, attributes: n, level: 'L1' })));
  const rows = placeOutlines(
    outlines,
    outlines.map(() => same),
    { feather: 0.001 },
  );
  const ellipses = await values(outlineMasks(rows, 128));
  let [both, any] = [0, 0];
  faces.forEach((face, k) => {
    const inside = (ellipses[k] as number) > 0.5;
    if (inside && face > 0.5) both++;
    if (inside || face > 0.5) any++;
  });
  assert.ok(both / any > 0.7, `intersection over union ${(both / any).toFixed(3)}`);
});

/** A mesh whose points lie inside an ellipse, all but one, the nose of a profile. */
function meshOf(nose: Point): Float32Array {
  const mesh = Float32Array.from({ length: 2 * 468 }, (_, k) => {
    const [turn, ring] = [(2 * Math.PI * Math.floor(k / 2)) / 59, 1 - (Math.floor(k / 2) % 6) / 6];
    return k % 2 === 0 ? 50 + 30 * ring * Math.sin(turn) : 60 - 40 * ring * Math.cos(turn);
  });
  mesh.set(nose, 2);
  return mesh;
}

test('the outline of a mesh is its hull: the oval of a frontal face, and the nose of a profile belongs to it', async () => {
  const same: Similarity = { a: 1, b: 0, tx: 0, ty: 0 };
  const mask = async (nose: Point) => {
    const points = outlineOf({ mesh: meshOf(nose) });
    assert.is(points.length, OUTLINE_POINTS);
    return values(outlineMasks(placeOutlines([points], [same], { feather: 0.001 }), 120));
  };
  const inside = (all: Float32Array, [x, y]: Point) => (all[y * 120 + x] as number) > 0.5;
  const frontal = await mask([50, 70]);
  const area = frontal.reduce((sum, value) => sum + value, 0);
  assert.ok(Math.abs(area / (Math.PI * 30 * 40) - 1) < 0.03, `${area} pixels`);
  assert.not(inside(frontal, [13, 62]));
  const profile = await mask([5, 62]);
  assert.ok(inside(profile, [13, 62]));
  assert.not(inside(profile, [95, 62]));
});

test('a recorded step masks the outlines that were written last; a row of zeros is no face', async () => {
  const rows = placeOutlines([outline, outline], [straight, turned]);
  const step = record(() => outlineMasks(rows, size));
  const eager = async (transforms: Similarity[]) =>
    values(outlineMasks(placeOutlines([outline, outline], transforms), size));
  assert.equal(await step.run().floats(), await eager([straight, turned]));
  rows.write(outlineRows([outline, outline], [turned, straight]));
  assert.equal(await step.run().floats(), await eager([turned, straight]));
  rows.write(new Float32Array(rows.size));
  assert.ok((await step.run().floats()).every((value) => value === 0));
  step.dispose();
});

const ones = tensor(new Float32Array(2 * 4 * 4).fill(1), [2, 4, 4, 1]);
refusesEach(test, [
  ['a mesh of one point', () => outlineOf({ mesh: new Float32Array(936) }), /mesh.*span an area/],
  ['a mesh that is no number', () => outlineOf({ mesh: new Float32Array(936).fill(Number.NaN) }), /mesh.*finite/],
  ['an outline of five points', () => placeOutlines([outline.slice(0, 5)], [straight]), /outlines\[0\] is 5 points/],
  ['two outlines for one face', () => placeOutlines([outline, outline], [straight]), /outlines is 2, expected 1/],
  ['a feather of nothing', () => placeOutlines([outline], [straight], { feather: 0 }), /feather is 0/],
  ['rows of another kind', () => outlineMasks(tensor([1, 2, 3], [1, 3]), 8), /outlines.*placeOutlines/],
  ['a feather beyond the crop', () => regionMasks(ones, { feather: 0.5 }), /feather is 0.5/],
  ['a region with three channels', () => regionMasks(tensor(new Float32Array(48), [1, 4, 4, 3])), /region/],
  ['no classes', () => parsingRegion(ones, []), /classes/],
  ['occluders of another size', () => keepOccluders(ones, tensor(new Float32Array(4), [1, 2, 2, 1])), /occluders/],
]);

test.run();
