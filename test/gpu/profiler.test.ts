/** @file The profiler's table: one row per kernel, with calls, time and rates. */
import { matmul, noGrad, record, tensor } from '@visage/tensor';
import { launchMap } from '@visage/tensor/kernels';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';

const { test, gpu } = await gpuSuite('profiler');

const square = (n: number) => tensor(Float32Array.from({ length: n * n }, Math.sin), [n, n]);

test('rows count calls, operations and bytes', async () => {
  const [a, b] = [square(64), square(64)];
  const work = () => noGrad(() => [matmul(a, b), a.add(b), a.add(b)]);
  work();
  const rows = await gpu.profile(() => {
    work();
  });
  const product = rows.find(({ kernel }) => kernel === 'gemm/matmul');
  const sum = rows.find(({ kernel }) => kernel === 'pointwise/add');
  assert.is(product?.calls, 1);
  assert.is(sum?.calls, 2);
  assert.is(sum?.gflops, 0);
  for (const { ms, gbps } of rows) assert.ok(ms >= 0 && Number.isFinite(gbps));
  // Operations and bytes are known: rate times time gives them back.
  const near = (value: number, expected: number) => assert.ok(Math.abs(value - expected) <= 1e-6 * expected);
  if (product && product.ms > 0) near(product.gflops * product.ms * 1e6, 2 * 64 ** 3);
  if (sum && sum.ms > 0) near(sum.gbps * sum.ms * 1e6, 2 * 3 * 4 * 64 ** 2);
  const times = rows.map(({ ms }) => ms);
  assert.equal(
    times,
    [...times].sort((x, y) => y - x),
  );
});

test('rows tell the variants of their launches, and why not others', async () => {
  const [a, b, c] = [square(64), square(64), square(32)];
  const work = () => noGrad(() => [matmul(a, b), matmul(b, a), matmul(c, c)]);
  work();
  const rows = await gpu.profile(() => {
    work();
  });
  const [large, small] = rows.find(({ kernel }) => kernel === 'gemm/matmul')?.choices ?? [];
  assert.equal([large?.calls, small?.calls], [2, 1], 'two problems, the more frequent one first');
  assert.match(large?.problem ?? '', /^matmul 64x64x64 /);
  assert.ok(large && large.declined.length > 0 && large.declined.every(({ reason }) => reason !== ''));
  assert.is(large.family, 'gemm');
});

test('replayed steps are profiled too, past one submission', async () => {
  const x = square(8);
  const step = record(() => Array.from({ length: 100 }, (_, k) => k).reduce((y) => y.add(1), x));
  const rows = await gpu.profile(() => {
    for (let k = 0; k < 3; k++) step.run();
  });
  assert.equal(
    rows.map(({ kernel, calls }) => [kernel, calls]),
    [['pointwise/add', 300]],
  );
  step.dispose();
});

test('kernels of equal text keep their names', async () => {
  const x = square(8);
  const work = () => noGrad(() => [launchMap('one', 'a * a', [x]), launchMap('other', 'a * a', [x])]);
  work();
  const compiled = gpu.pipelines.size;
  const rows = await gpu.profile(() => {
    work();
  });
  assert.equal(rows.map(({ kernel }) => kernel).sort(), ['pointwise/one', 'pointwise/other']);
  assert.is(gpu.pipelines.size, compiled);
});

test.run();
