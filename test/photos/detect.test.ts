import { readFileSync } from 'node:fs';
import { drawFaces, FaceFinder, type FinderNetworks, MESH_POINTS, picture, tilesOf, transformed } from '@visage/photos';
import { concat, full, mean, reshape, scope, type Tensor, tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { candidatesOf, suppress } from '../../packages/photos/src/detect/candidates.ts';
import { boxOfMesh, cropOfBox, cropOfMesh, meshInPicture } from '../../packages/photos/src/detect/meshCrops.ts';
import { paddedTile } from '../../packages/photos/src/detect/tiles.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { faceAt } from './faces.ts';

const { test } = await gpuSuite('detection');

interface TiledPhoto {
  readonly width: number;
  readonly height: number;
  readonly tiles: readonly (readonly number[])[];
}
const golden: { readonly photos: readonly TiledPhoto[] } = JSON.parse(
  readFileSync(new URL('../golden/media/ssd-tiles-solvay.json', import.meta.url), 'utf8'),
);

test('tiles are those of the golden file', () => {
  for (const { tiles, ...size } of golden.photos)
    assert.equal(
      tilesOf(size).map(({ x, y, side }) => [x, y, side]),
      tiles,
    );
  assert.equal(tilesOf({ width: 300, height: 200 }, false), [{ x: 0, y: 0, side: 300 }]);
});

test('tiles cover every picture, and half-size neighbours overlap by a quarter', () => {
  for (const [width, height] of [
    [1, 1],
    [2, 1],
    [7, 300],
    [511, 512],
    [1000, 10],
    [640, 480],
  ] as const) {
    const [whole, ...halves] = tilesOf({ width, height });
    assert.equal(whole, { x: 0, y: 0, side: Math.max(width, height) });
    for (const axis of ['x', 'y'] as const) {
      const starts = [...new Set(halves.map((tile) => tile[axis]))];
      const side = halves[0]?.side as number;
      for (const [k, start] of starts.entries()) {
        if (k > 0 && side > 3) assert.ok(start <= (starts[k - 1] as number) + 0.75 * side, `${width} x ${height}`);
      }
      assert.ok((starts.at(-1) as number) + side >= (axis === 'x' ? width : height), `${width} x ${height}`);
    }
  }
  assert.equal(paddedTile({ width: 100, height: 60 }, 0.5), { x: -50, y: -70, side: 200 });
  assert.throws(() => tilesOf({ width: 0, height: 4 }), /width/);
});

test('boxes that an edge inside the picture cuts are left out', () => {
  const size = { width: 400, height: 300 };
  const boxes = Float32Array.of(...[0.2, 0.005, 0.5, 0.3], ...[0.2, 0.7, 0.5, 0.995], ...[0.4, 0.4, 0.6, 0.5]);
  const scores = Float32Array.of(0.9, 0.8, 0.3);
  const scoresIn = (x: number) =>
    candidatesOf(boxes, scores, { x, y: 0, side: 200 }, size, 0.2).map(({ score }) => Number(score.toFixed(1)));
  assert.equal(scoresIn(0), [0.9, 0.3]);
  assert.equal(scoresIn(100), [0.3]);
  assert.equal(scoresIn(200), [0.8, 0.3]);
  const [, middle] = candidatesOf(boxes, scores, { x: 0, y: 10, side: 200 }, size, 0.2);
  const { x, y, width, height } = middle?.box ?? { x: 0, y: 0, width: 0, height: 0 };
  for (const [got, expected] of [
    [x, 80],
    [y, 90],
    [width, 20],
    [height, 40],
  ] as const)
    assert.ok(Math.abs(got - expected) < 1e-4, `${got}, expected ${expected}`);
});

test('of overlapping boxes the best stays, and a part of a face loses to the whole', () => {
  const at = (x: number, y: number, width: number, height: number, score: number) => ({
    box: { x, y, width, height },
    score,
  });
  const kept = suppress([
    at(0, 0, 100, 100, 0.7),
    at(10, 10, 100, 100, 0.9), // intersection over union 0.68 with the first
    at(40, 40, 30, 40, 0.6), // inside the second
    at(90, 0, 100, 100, 0.5), // beside it: 0.1
  ]);
  assert.equal(
    kept.map(({ score }) => score),
    [0.9, 0.5],
  );
});

test('a crop of a mesh is level, holds it with a margin, and gives its points back', () => {
  const { mesh } = faceAt(300, 200, 80);
  const turned = mesh.map((_, k) => {
    const [x, y] = [mesh[k & ~1] as number, mesh[k | 1] as number];
    return k % 2 === 0 ? 0.8 * x - 0.6 * y : 0.6 * x + 0.8 * y;
  });
  const crop = cropOfMesh(turned, 192);
  const [left, right] = [33, 263].map((k) => transformed(crop, [turned[2 * k] as number, turned[2 * k + 1] as number]));
  assert.ok(Math.abs((left?.[1] as number) - (right?.[1] as number)) < 1e-3);
  const points = new Float32Array(3 * MESH_POINTS);
  for (let k = 0; k < MESH_POINTS; k++)
    points.set(transformed(crop, [turned[2 * k] as number, turned[2 * k + 1] as number]), 3 * k);
  const inside = meshInPicture(points, { a: 1, b: 0, tx: 0, ty: 0 });
  const { x, y, width, height } = boxOfMesh(inside);
  assert.ok(Math.abs(Math.max(width, height) - 128) < 0.01, `${width} x ${height}`);
  assert.ok(Math.abs(x + width / 2 - 96) < 0.01 && Math.abs(y + height / 2 - 96) < 0.01);
  const back = meshInPicture(points, crop);
  for (const [k, value] of back.entries()) assert.ok(Math.abs(value - (turned[k] as number)) < 1e-3);
  const first = cropOfBox({ x: 10, y: 20, width: 40, height: 60 }, 192);
  assert.equal(transformed(first, [30, 50]), [96, 96]);
  assert.ok(Math.abs(first.a - 192 / 90) < 1e-12);
});

/** A face mesh that sees the same face in every crop; the flag is the crop's brightness plus what a look adds. */
const face = faceAt(32, 16, 128);
const points = Float32Array.from({ length: 3 * MESH_POINTS }, (_, k) =>
  k % 3 === 2 ? 0 : (face.mesh[2 * Math.floor(k / 3) + (k % 3)] as number),
);

/** Networks whose detectors see one box in the middle of bright tiles, and that write down what they were asked. */
function fakeNetworks(asked: string[], flags: readonly number[] = [1]): FinderNetworks {
  const brightness = (pictures: Tensor): Tensor => reshape(mean(pictures, [1, 2, 3]), [pictures.dim(0), 1]);
  const detections = (name: string, size: number) => ({
    size,
    run: (pictures: Tensor) => {
      asked.push(`${name} ${pictures.dim(0)}`);
      const boxes = tensor([0.25, 0.25, 0.75, 0.75], [1, 1, 4]);
      return scope(() => ({
        boxes: concat(
          Array.from({ length: pictures.dim(0) }, () => boxes),
          0,
        ),
        scores: brightness(pictures),
      }));
    },
  });
  let look = 0;
  return {
    detector: async () => detections('detector', 32),
    blazeFace: async () => detections('blazeFace', 16),
    mesh: async () => ({
      size: 192,
      run: (pictures: Tensor) => {
        const count = pictures.dim(0);
        asked.push(`mesh ${count}`);
        const flag = flags[Math.min(look++, flags.length - 1)] as number;
        const mesh = tensor(points, [1, MESH_POINTS, 3]);
        return scope(() => ({
          mesh: concat(
            Array.from({ length: count }, () => mesh),
            0,
          ),
          flag: full([count], flag),
        }));
      },
    }),
    recogniser: async () => ({
      size: 150,
      run: (pictures: Tensor) => ({ descriptors: brightness(pictures) }),
    }),
  };
}

/** A grey picture. */
const grey = (width: number, height: number, value: number) =>
  picture(
    width,
    height,
    Uint8Array.from({ length: 4 * width * height }, (_, k) => (k % 4 === 3 ? 255 : value)),
  );

test('pictures share launches of the detector and of the mesh', async () => {
  const asked: string[] = [];
  const finder = new FaceFinder(fakeNetworks(asked), { passes: 2 });
  const [one, two] = await finder.findAll([grey(100, 100, 255), grey(60, 60, 255)], { tiles: false });
  assert.equal(asked, ['detector 2', 'mesh 2', 'mesh 2']);
  assert.equal([one?.length, two?.length], [1, 1]);
  const { box, score } = (two as NonNullable<typeof two>)[0] as typeof face & { score: number };
  assert.equal(box, { x: 15, y: 15, width: 30, height: 30 });
  assert.ok(Math.abs(score - 1) < 1e-6);
  const described = await finder.describe(grey(100, 100, 51), one ?? []);
  assert.ok(Math.abs((described[0]?.[0] as number) - 0.2) < 0.01);
  assert.equal(await finder.describe(grey(9, 9, 0), []), []);
  assert.equal(await finder.findAll([]), []);
});

test('a picture without a face is looked at again with margins, then by BlazeFace', async () => {
  const asked: string[] = [];
  const faces = await new FaceFinder(fakeNetworks(asked)).find(grey(64, 64, 30), { tiles: false });
  assert.equal(faces, []);
  assert.equal(asked, ['detector 1', 'detector 1', 'detector 1', 'blazeFace 2']);
});

test('a face counts when every look but the first says so', async () => {
  for (const [flags, passes, count] of [
    [[0, 0.9, 0.95], 3, 1],
    [[1, 0.7, 1, 0], 3, 0],
    [[1, 1, 0.7, 0], 3, 0],
    [[0.9], 1, 1],
  ] as const) {
    const asked: string[] = [];
    // The tile alone is bright: with margins the detector sees nothing.
    const finder = new FaceFinder(fakeNetworks(asked, flags), { passes, score: 0.6 });
    const faces = await finder.find(grey(64, 64, 255), { tiles: false });
    const found = faces.length > 0 ? 1 : 0;
    assert.is(found, count, `${flags} in ${passes} looks`);
    if (found) assert.ok(Math.abs((faces[0]?.flag ?? 0) - Math.min(...flags.slice(passes > 1 ? 1 : 0))) < 1e-6);
  }
});

test('following keeps the order and every face, whatever its flag', async () => {
  const finder = new FaceFinder(fakeNetworks([], [0.1]));
  const before = [faceAt(300, 200, 80), faceAt(20, 30, 100)].map((each, k) => ({ ...each, score: k / 10 }));
  const after = await finder.follow(grey(500, 400, 99), before);
  assert.equal(
    after.map(({ score, flag }) => [score, Number(flag.toFixed(3))]),
    [
      [0, 0.1],
      [0.1, 0.1],
    ],
  );
  assert.ok(after.every(({ mesh }, k) => Math.abs(boxOfMesh(mesh).x - (before[k]?.box.x as number)) < 100));
});

test('options are checked, and faces are drawn into a copy', () => {
  const networks = fakeNetworks([]);
  assert.throws(() => new FaceFinder(networks, { flag: 1.5 }), /flag/);
  assert.throws(() => new FaceFinder(networks, { passes: 0 }), /passes/);
  assert.throws(() => new FaceFinder(networks, { threshold: 0.5 } as object), /threshold/);
  const source = grey(200, 100, 90);
  const drawn = drawFaces(source, [{ box: { x: 20, y: 30, width: 40, height: 50 }, points: [[40, 50]] }]);
  const at = (x: number, y: number) => [...drawn.data.subarray(4 * (200 * y + x), 4 * (200 * y + x) + 3)];
  assert.equal(
    [at(20, 40), at(40, 50), at(100, 50)],
    [
      [64, 224, 64],
      [255, 64, 64],
      [90, 90, 90],
    ],
  );
  assert.ok(source.data.every((value, k) => value === (k % 4 === 3 ? 255 : 90)));
});

test.run();
