/** @file Masks of drawn inner faces, and how answers are scored against them; needs no photograph. */
import { outlineOf, type Point, picture } from '@visage/photos';
import * as assert from 'uvu/assert';
import { intersectionOverUnion, majorityMask, polygonMask } from '../../bench/core/drawnMasks.ts';
import { drawnPictures, parsedFaces, parsingRows, pointsOf } from '../../bench/core/parsing.ts';
import { packageNames } from '../../scripts/fixtures.mjs';
import { gpuSuite } from '../helpers/gpu.ts';
import { faceAt } from '../photos/faces.ts';
import { plainOutlineMask } from '../photos/plainPaste.ts';
import { seeing } from '../photos/seeing.ts';

const { test } = await gpuSuite('inner faces of photographs');

const rectangle = (x: number, y: number, width: number, height: number): Point[] => [
  [x, y],
  [x + width, y],
  [x + width, y + height],
  [x, y + height],
];

test('a polygon has the pixels whose centres lie inside, notches left out, and may reach beyond the square', () => {
  const size = 16;
  const count = (polygon: readonly Point[]) => polygonMask(polygon, size).reduce((sum, value) => sum + value, 0);
  assert.is(count(rectangle(3, 5, 4, 2)), 8);
  assert.is(count(rectangle(3.6, 5, 4, 2)), 8, 'centres decide');
  assert.is(count(rectangle(-9, 10, 100, 3)), 3 * size);
  const notched: Point[] = [
    [1, 1],
    [15.2, 2],
    [6.3, 7.1],
    [18, 14],
    [2.3, 20],
  ];
  const expected = plainOutlineMask(notched, 64, 1e-9, 0);
  const scaled = polygonMask(notched, 64);
  scaled.forEach((value, k) => {
    const [x, y] = [k % 64, Math.floor(k / 64)];
    assert.is(value, Number((expected[k] as number) > 0), `${x}, ${y}`);
  });
});

test('intersection over union, and the majority of masks', () => {
  const [a, b, far] = [rectangle(0, 0, 4, 4), rectangle(2, 2, 4, 4), rectangle(8, 8, 2, 2)].map((each) =>
    polygonMask(each, 12),
  ) as [Uint8Array, Uint8Array, Uint8Array];
  assert.is(intersectionOverUnion(a, b), 4 / 28);
  assert.is(intersectionOverUnion(b, a), 4 / 28);
  assert.is(intersectionOverUnion(a, a), 1);
  assert.is(intersectionOverUnion(a, far), 0);
  assert.is(intersectionOverUnion(new Uint8Array(4), new Uint8Array(4)), 1);
  assert.equal(majorityMask([a, b, far]), polygonMask(rectangle(2, 2, 2, 2), 12));
  assert.equal(majorityMask([a, b]), polygonMask(rectangle(2, 2, 2, 2), 12), 'half is not most');
});

test('the majority that scores a face has no part of that face', () => {
  const mask = (...values: number[]) => Uint8Array.from(values);
  const row = (face: string, drawn: Uint8Array) => ({ face, drawn, network: drawn, masked: drawn, outline: drawn });
  const rows = parsingRows([row('a', mask(1, 0)), row('b', mask(0, 1)), row('c', mask(0, 1))]);
  assert.equal(
    rows.map(({ others }) => others),
    [0, 0, 0],
  );
  assert.equal(rows[0], { face: 'a', share: 0.5, network: 1, masked: 1, outline: 1, others: 0 });
});

test('each answer is scored in the crop of the face that was drawn', async () => {
  const [left, right] = [faceAt(20, 30, 60), faceAt(110, 40, 60)];
  const shown = picture(200, 120, new Uint8Array(4 * 200 * 120).fill(128));
  const photograph = { name: 'a', picture: shown, found: [left, right], drawn: [outlineOf(right), outlineOf(left)] };
  const [skin, hair] = [seeing('skin'), seeing('hair')];
  for (const row of parsingRows(await parsedFaces(skin, photograph))) {
    assert.ok(row.share > 0.2 && row.share < 0.8, `${row.share}`);
    assert.is(row.network, row.share, 'a network that sees skin everywhere has all of the crop');
    assert.ok(row.outline > 0.98 && row.masked > 0.98, `${row.outline}, ${row.masked}`);
  }
  for (const row of parsingRows(await parsedFaces(hair, photograph))) assert.equal([row.network, row.masked], [0, 0]);
  await parsedFaces(skin, { ...photograph, drawn: [rectangle(150, 0, 40, 30)] }).then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /^a: no face was found where outline 0 was drawn/),
  );
});

test('the outlines that were drawn are plain polygons on photographs of known packages', async () => {
  const pictures = await drawnPictures();
  const faces = pictures.flatMap((each) => each.faces);
  assert.is(faces.length, 34);
  for (const { package: name, path } of pictures) assert.ok(packageNames.includes(name), `${name}: ${path}`);
  for (const [face, numbers] of faces.entries()) {
    assert.is(numbers.length % 2, 0);
    const corners = pointsOf(numbers);
    const edges = corners.map((from, k) => [from, corners[(k + 1) % corners.length] as Point] as const);
    for (const [k, edge] of edges.entries())
      for (const [j, other] of edges.slice(0, Math.max(0, k - 1)).entries()) {
        const neighbours = k === edges.length - 1 && j === 0;
        assert.ok(neighbours || !cross(edge, other), `face ${face}: edges ${j} and ${k} cross`);
      }
  }
});

/** On which side of the line from a to b a point lies. */
const side = ([ax, ay]: Point, [bx, by]: Point, [x, y]: Point): number =>
  Math.sign((bx - ax) * (y - ay) - (by - ay) * (x - ax));

const cross = ([a, b]: readonly [Point, Point], [p, q]: readonly [Point, Point]): boolean =>
  side(a, b, p) !== side(a, b, q) && side(p, q, a) !== side(p, q, b);

test.run();
