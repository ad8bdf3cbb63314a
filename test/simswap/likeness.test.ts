/** @file The likeness loss and MixStyle, against plain TypeScript and finite differences. */

import { likenessLoss, mixStyle } from '@visage/simswap';
import { cast, grad, RandomState, record, type Tensor, tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { gradcheck } from '../helpers/gradcheck.ts';
import { hostRandom } from '../helpers/random.ts';

const { test } = await gpuSuite('likeness and MixStyle');

const BATCH = 6;
const [EMBEDDING, SHAPE] = [5, 3];
const LABELS = Uint32Array.of(4, 0, 4, 2, 7, 0);

const random = hostRandom(3);
const numbers = (count: number): Float32Array => random.normals(count);
const embeddings = numbers(BATCH * EMBEDDING);
/** A row for each person of {@link LABELS}. */
const shapes = (() => {
  const people = numbers(8 * SHAPE);
  return Float32Array.from({ length: BATCH * SHAPE }, (_, k) => {
    const person = LABELS[Math.floor(k / SHAPE)] as number;
    return people[person * SHAPE + (k % SHAPE)] as number;
  });
})();

const rowOf = (values: Float32Array, row: number, size: number): number[] => [
  ...values.subarray(row * size, (row + 1) * size),
];
const squaredDistance = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, k) => sum + (x - (b[k] as number)) ** 2, 0);
const unit = (row: readonly number[]): number[] => row.map((x) => x / Math.hypot(...row));
const meanOf = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

function plainCorrelation(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [a, b].map((values) => values.map((value) => value - meanOf(values))) as [number[], number[]];
  const dot = (p: readonly number[], q: readonly number[]) => p.reduce((sum, v, k) => sum + v * (q[k] as number), 0);
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
}

const lossOf = (rows: Tensor): Tensor => likenessLoss(rows, tensor(shapes, [BATCH, SHAPE]), tensor(LABELS, [BATCH]));

test('the likeness loss is 1 minus the correlation over pairs of different people', async () => {
  const [apart, unlike]: [number[], number[]] = [[], []];
  for (let i = 0; i < BATCH; i++)
    for (let j = 0; j < i; j++) {
      if (LABELS[i] === LABELS[j]) continue;
      apart.push(squaredDistance(unit(rowOf(embeddings, i, EMBEDDING)), unit(rowOf(embeddings, j, EMBEDDING))));
      unlike.push(Math.sqrt(squaredDistance(rowOf(shapes, i, SHAPE), rowOf(shapes, j, SHAPE))));
    }
  const loss = await lossOf(tensor(embeddings, [BATCH, EMBEDDING])).item();
  const expected = 1 - plainCorrelation(apart, unlike);
  assert.ok(Math.abs(loss - expected) < 1e-5, `${loss}, expected ${expected}`);
  const scaled = await lossOf(tensor(embeddings, [BATCH, EMBEDDING]).mul(7)).item();
  assert.ok(Math.abs(scaled - expected) < 1e-5, 'the length of embeddings counts');
});

test('the gradient of the likeness loss agrees with finite differences', () =>
  gradcheck((rows) => lossOf(rows as Tensor), [{ shape: [BATCH, EMBEDDING], values: embeddings }]));

test('people who are all equally far apart, and a batch of one person, get a finite loss and no gradient', async () => {
  const one = tensor(new Uint32Array(BATCH), [BATCH]);
  const rows = tensor(embeddings, [BATCH, EMBEDDING], { requiresGrad: true });
  for (const loss of [
    likenessLoss(rows, tensor(new Float32Array(BATCH * SHAPE), [BATCH, SHAPE]), tensor(LABELS, [BATCH])),
    likenessLoss(rows, tensor(shapes, [BATCH, SHAPE]), one),
  ]) {
    const [slope] = grad(loss, [rows]) as [Tensor];
    assert.ok(Math.abs((await loss.item()) - 1) < 1e-6);
    assert.ok((await slope.floats()).every((x) => Math.abs(x) < 1e-6));
  }
  assert.throws(() => likenessLoss(rows, tensor(new Float32Array(3), [1, 3]), one), /likenessLoss.*shapes.*1 rows/s);
});

const MAP = [5, 4, 3, 6] as const;
const mapValues = numbers(5 * 4 * 3 * 6).map((x, k) => x * (1 + Math.floor(k / 72)) + (k % 6));

/** λ, the row whose style is taken, and whether the batch is mixed, from the numbers that the op draws in turn. */
async function draws(seed: number, probability: number, rows: number = MAP[0]) {
  const state = new RandomState(seed);
  const next = async (shape: number[]) => [...(await state.uniform(shape).floats())];
  const mixed = ((await next([1, 1]))[0] as number) < probability;
  const tries: { value: number; accepted: boolean }[][] = [];
  for (let k = 0; k < 2; k++) {
    const [u, v] = [await next([rows, 1]), await next([rows, 1])];
    tries.push(
      u.map((x, n) => {
        const [a, b] = [(1 - x) ** 10, (1 - (v[n] as number)) ** 10];
        return { value: a / (a + b), accepted: a + b <= 1 };
      }),
    );
  }
  const keys = await next([rows, 1]);
  const order = keys.map((key) => keys.filter((other) => other < key).length);
  state.dispose();
  const lambda = order.map((_, n) => {
    const [first, second] = [tries[0]?.[n], tries[1]?.[n]];
    return first?.accepted ? first.value : (second?.value as number);
  });
  return { mixed, lambda, order };
}

/** Mean and deviation of a channel of a row. */
function style(values: ArrayLike<number>, row: number, channel: number): [number, number] {
  const own = Array.from({ length: 12 }, (_, k) => values[row * 72 + k * 6 + channel] as number);
  const mean = meanOf(own);
  return [mean, Math.sqrt(meanOf(own.map((x) => (x - mean) ** 2)) + 1e-6)];
}

test('MixStyle gives each map a share of the style of another', async () => {
  for (const dtype of ['f32', 'f16'] as const)
    for (const seed of [5, 6, 7]) {
      const { mixed, lambda, order } = await draws(seed, 0.7);
      const map = tensor(mapValues, MAP, { requiresGrad: true });
      const state = new RandomState(seed);
      const y = mixStyle(dtype === 'f16' ? cast(map, 'f16') : map, 0.7, state);
      assert.is(y.dtype, dtype);
      const weights = numbers(mapValues.length);
      const [slope] = grad(cast(y, 'f32').mul(tensor(weights, MAP)).sum(), [map]) as [Tensor];
      const [got, slopes] = [await y.floats(), await slope.floats()];
      for (const [k, x] of mapValues.entries()) {
        const [row, channel] = [Math.floor(k / 72), k % 6];
        const [[mean, deviation], [otherMean, otherDeviation]] = [row, order[row] as number].map((n) =>
          style(mapValues, n, channel),
        ) as [[number, number], [number, number]];
        const kept = mixed ? (lambda[row] as number) : 1;
        const scale = kept + ((1 - kept) * otherDeviation) / deviation;
        const expected = (x - mean) * scale + kept * mean + (1 - kept) * otherMean;
        const slack = dtype === 'f16' ? 0.02 : 2e-5;
        assert.ok(Math.abs((got[k] as number) - expected) < slack * (1 + Math.abs(expected)), `${seed} ${dtype} ${k}`);
        const slopeHere = (weights[k] as number) * scale;
        assert.ok(Math.abs((slopes[k] as number) - slopeHere) < slack * (1 + Math.abs(slopeHere)), `slope ${k}`);
      }
      state.dispose();
    }
});

test('a batch that is not mixed keeps its bits, and a recorded step draws anew', async () => {
  const map = tensor(mapValues, MAP);
  const state = new RandomState(8);
  assert.equal(await mixStyle(map, 0, state).floats(), mapValues);
  const step = record(() => mixStyle(map, 0.5, state));
  let kept = 0;
  const seen = new Set<string>();
  for (let run = 0; run < 40; run++) {
    step.run();
    const values = await step.result.floats();
    seen.add(values.join());
    if (values.every((x, k) => x === mapValues[k])) kept += 1;
  }
  assert.ok(kept > 8 && kept < 32, `${kept} of 40 batches were not mixed`);
  assert.is(seen.size, 41 - kept);
  step.dispose();
  state.dispose();
});

test('the shares are of Beta(0.1, 0.1), and the order takes each row once', async () => {
  const rows = 4096;
  // Two pixels beside the number of the row, whose mean tells what the map was mixed of.
  const values = Float32Array.from({ length: 2 * rows }, (_, k) => Math.floor(k / 2) / rows + (k % 2 === 0 ? 1 : -1));
  const state = new RandomState(9);
  const y = await mixStyle(tensor(values, [rows, 1, 2, 1]), 1, state).floats();
  const { lambda, order } = await draws(9, 1, rows);
  state.dispose();
  for (let n = 0; n < rows; n++) {
    const expected = ((lambda[n] as number) * n + (1 - (lambda[n] as number)) * (order[n] as number)) / rows;
    const mean = ((y[2 * n] as number) + (y[2 * n + 1] as number)) / 2;
    assert.ok(Math.abs(mean - expected) < 1e-4, `row ${n}: ${mean}, expected ${expected}`);
  }
  assert.is(new Set(order).size, rows);
  // The variance of Beta(a, a) is 1 / (4 (2 a + 1)); of 4096 numbers it is off by 0.0017 (one deviation).
  const variance = meanOf(lambda.map((x) => (x - 0.5) ** 2));
  assert.ok(Math.abs(variance - 1 / 4.8) < 0.006, `variance ${variance}`);
});
test.run();
