/**
 * Gradients where a number is infinite or far from the others, as PyTorch has them. Found by random programs
 * (programs.test.ts); each failed in a way of its own.
 */
import {
  cast,
  grad,
  hingeFake,
  hingeReal,
  mseLoss,
  reciprocal,
  rsqrt,
  type Tensor,
  tensor,
  unitNormPenalty,
  variance,
} from '@visage/tensor';
import { equal, ok } from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';

const { test } = await gpuSuite('gradients among infinities');
const { POSITIVE_INFINITY: INF, NaN: NAN } = Number;

/** The gradient of fn(x) at `values` under the upstream gradient `g`, one number for all. */
async function gradient(fn: (x: Tensor) => Tensor, values: readonly number[], g: number, shape = [values.length]) {
  const x = tensor(values, shape, { requiresGrad: true });
  const y = fn(x);
  const upstream = tensor(Array<number>(y.size).fill(g), y.shape);
  const [found] = grad(y, [x], { gradOutputs: [upstream] });
  return [...(await (found as Tensor).floats())];
}

test('a hinge loss sends nothing to what lies beyond its margin, also of an infinite gradient', async () => {
  equal(await gradient(hingeReal, [5, 0, 1, INF], INF), [0, -INF, 0, 0]);
  equal(await gradient(hingeFake, [-5, 0, -1, -INF], INF), [0, INF, 0, 0]);
});

test('the gradient of a mean of squares is finite for each finite difference', async () => {
  const far = 3e38; // twice of it is infinite
  const zeros = tensor([0, 0, 0, 0]);
  const [first] = await gradient((x) => mseLoss(x, zeros), [far, 0, 0, 0], 1);
  ok(Math.abs((first as number) / 1.5e38 - 1) < 1e-6, `${first}`);
});

test('the gradient of a variance knows one infinite element from the others', async () => {
  equal(await gradient((x) => variance(x), [1, 2, INF, 4], 1), [-INF, -INF, NAN, -INF]);
});

test('a sample of infinite length has no direction to be shortened along', async () => {
  const found = await gradient((x) => unitNormPenalty(x, 0), [3e38, 3e38, 3, 4], 1, [2, 2]);
  ok(found.slice(0, 2).every(Number.isNaN), `${found}`);
  ok(Math.abs((found[2] as number) - 2.4) < 1e-5, `${found}`); // 2/2 · (5 − 1) / 5 · 3
});

test('in f16 a gradient is right where powers of the result alone are beyond its range', async () => {
  const half = (fn: (x: Tensor) => Tensor) => (x: Tensor) => fn(cast(x, 'f16'));
  const [inverse] = await gradient(half(reciprocal), [2 ** -10], 2 ** -10); // − g y²; y² is 2²⁰
  equal(inverse, -(2 ** 10));
  const [root] = await gradient(half(rsqrt), [2 ** -12], 2 ** -10); // − g y³ / 2; y³ is 2¹⁸
  equal(root, -(2 ** 7));
});

test.run();
