/** @file The matrix of swaps: who stands where. */
import { type Image, image } from '@visage/faces';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { swapMatrix } from '../../packages/training/src/evaluation/swapMatrix.ts';

const test = suite('the matrix of swaps');

const SIDE = 4;
const grey = (value: number): Image => image(SIDE, SIDE, new Float32Array(SIDE * SIDE * 3).fill(value));
const [sources, targets] = [[0.1, 0.2, 0.3].map(grey), [0.4, 0.5].map(grey)];

/** The grey in the middle of every cell, without the labels at the left, row by row. */
const cellsOf = ({ data, width }: Image, left: number, scale: number): number[][] =>
  [0, 1, 2].map((row) =>
    [0, 1, 2, 3].map((column) => {
      const [x, y] = [column, row].map((k) => k * (SIDE * scale + 2) + 2 + (SIDE * scale) / 2) as [number, number];
      return Number((data[3 * (y * width + left + x)] as number).toFixed(3));
    }),
  );

test('sources stand above, targets at the left, swaps where they cross; what is missing stays empty', () => {
  const shown = swapMatrix(sources, targets, (source, target) =>
    source === target ? undefined : grey(0.6 + 0.1 * source + 0.01 * target),
  );
  const ground = 0.12;
  assert.equal(cellsOf(shown, 0, 1), [
    [ground, 0.1, 0.2, 0.3],
    [0.4, ground, 0.7, 0.8],
    [0.5, 0.61, ground, 0.81],
  ]);
});

test('small faces are enlarged, and targets have names at their left', () => {
  const all = () => grey(0.9);
  const [plain, named] = [undefined, ['one', 'other']].map((targetNames) =>
    swapMatrix(sources, targets, all, { scale: 3, targetNames }),
  ) as [Image, Image];
  assert.equal([plain.width, plain.height], [2 + 4 * (3 * SIDE + 2), 2 + 3 * (3 * SIDE + 2)]);
  assert.is(named.height, plain.height);
  const left = named.width - plain.width;
  assert.ok(left > 0);
  assert.equal(cellsOf(named, left, 3), cellsOf(plain, 0, 3));
  const written = (row: number) => {
    const [from, to] = [row, row + 1].map((k) => (2 + k * (3 * SIDE + 2)) * named.width * 3);
    return named.data.slice(from, to).filter((value, k) => Math.floor(k / 3) % named.width < left && value > 0.5)
      .length;
  };
  assert.ok(
    [0, 1, 2].every((row) => written(row) > 0),
    'the row of the sources has its label too',
  );
});

test.run();
