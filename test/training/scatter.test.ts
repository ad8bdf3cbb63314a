import { figurePage, type ScatterPoint, scatterSvg } from '@visage/training';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const axis = (title: string) => ({ title, format: (value: number) => value.toFixed(2) });
const drawn = (points: readonly ScatterPoint[]) => scatterSvg({ points, x: axis('across'), y: axis('up') });

/** Attributes of the elements of a kind, in order. */
const numbers = (svg: string, pattern: RegExp) => [...svg.matchAll(pattern)].map((match) => match.slice(1).map(Number));

test('more to the right is more to the right, and more is higher', () => {
  const svg = drawn([
    { label: 'a', x: 0.1, y: 5 },
    { label: 'b', x: 0.3, y: 9, strong: true },
  ]);
  const [a, b] = numbers(svg, /<circle cx="([\d.]+)" cy="([\d.]+)"/g) as [[number, number], [number, number]];
  assert.ok(b[0] > a[0] && b[1] < a[1]);
  assert.match(svg, /class="strong"/);
});

test('labels of points that lie together do not cover each other', () => {
  const svg = drawn(
    Array.from({ length: 4 }, (_, k) => ({ label: `point ${k}`, x: 1 + k / 1e4, y: 2 })).concat({
      label: 'far',
      x: 9,
      y: 9,
    }),
  );
  const heights = numbers(svg, /<text x="[\d.]+" y="([\d.]+)" >point/g).map(([y]) => y as number);
  assert.is(heights.length, 4);
  const sorted = heights.sort((p, q) => p - q);
  assert.ok(sorted.slice(1).every((y, k) => y - (sorted[k] as number) >= 15.9));
});

test('a single point, and points of equal value, have axes around them', () => {
  for (const points of [
    [{ label: 'one', x: 0, y: 3 }],
    [
      { label: 'a', x: 2, y: 1 },
      { label: 'b', x: 2, y: 1 },
    ],
  ]) {
    assert.not.match(drawn(points), /NaN|Infinity/);
  }
});

test('the page needs no other file, and takes names literally', () => {
  const figure = { points: [{ label: '<b> & "c"', x: 1, y: 1 }], x: axis('x'), y: axis('y') };
  const page = figurePage({
    title: 'a < b',
    figures: [figure, figure],
    caption: 'c',
    rows: [['head'], ['<i>']],
    facts: [['k', 'v']],
  });
  assert.match(page, /a &lt; b/);
  assert.match(page, /&lt;b> &amp; &quot;c&quot;|&lt;b&gt; &amp; &quot;c&quot;/);
  assert.not.match(page, /<i>|src=|href=/);
});

test.run();
