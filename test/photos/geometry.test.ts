import {
  composed,
  cropOf,
  fitSimilarity,
  inverted,
  type Point,
  type Similarity,
  scaleOf,
  transformed,
} from '@visage/photos';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('geometry of photographs');
const turn: Similarity = { a: 1.5, b: -0.7, tx: 30, ty: -12 };
const points: readonly Point[] = [
  [3, 4],
  [50, 7],
  [20, 31],
  [8, 60],
];

const near = ([x, y]: Point, [u, v]: Point): void => assert.ok(Math.hypot(x - u, y - v) < 1e-9, `${[x, y]} ${[u, v]}`);

test('a transform and its inverse leave points where they are', () => {
  for (const point of points) near(transformed(inverted(turn), transformed(turn, point)), point);
});

test('a composition does the first transform, then the second', () => {
  const second: Similarity = { a: 0.2, b: 0.9, tx: -4, ty: 11 };
  for (const point of points)
    near(transformed(composed(second, turn), point), transformed(second, transformed(turn, point)));
});

test('a fit finds the transform that moved the points', () => {
  const found = fitSimilarity(
    points,
    points.map((point) => transformed(turn, point)),
  );
  for (const name of ['a', 'b', 'tx', 'ty'] as const) assert.ok(Math.abs(found[name] - turn[name]) < 1e-9);
});

test('a fit is the best of its neighbours', () => {
  const to = points.map(([x, y], k): Point => [2 * x + k * k, 2 * y - 3 * k]);
  const error = (t: Similarity): number =>
    points.reduce((sum, point, k) => {
      const [x, y] = transformed(t, point);
      return sum + (x - (to[k] as Point)[0]) ** 2 + (y - (to[k] as Point)[1]) ** 2;
    }, 0);
  const best = fitSimilarity(points, to);
  for (const name of ['a', 'b', 'tx', 'ty'] as const)
    for (const step of [-1e-3, 1e-3]) assert.ok(error({ ...best, [name]: best[name] + step }) > error(best), name);
});

test('a crop moves its corners to those of the square', () => {
  const crop = cropOf(10, 20, 50, 112);
  near(transformed(crop, [10, 20]), [0, 0]);
  near(transformed(crop, [60, 70]), [112, 112]);
  assert.ok(Math.abs(scaleOf(crop) - 112 / 50) < 1e-12);
});

test('points that cannot be fitted are refused by name', () => {
  assert.throws(() => fitSimilarity(points, points.slice(1)), /fitSimilarity.*to/);
  assert.throws(
    () =>
      fitSimilarity(
        [
          [1, 1],
          [1, 1],
        ],
        [
          [0, 0],
          [1, 1],
        ],
      ),
    /fitSimilarity.*from.*apart/,
  );
});

test.run();
