/** Every GEMM variant against sums in float64, over shapes that leave partial tiles, partial vectors and split K. */
import { type Gpu, withVariant } from '@visage/gpu';
import { startGpu } from '@visage/gpu/node';
import { conv2d, GEMM_VARIANTS, grad, matmul, permute, type Tensor, tensor } from '@visage/tensor';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { relativeError } from '../helpers/goldens.ts';
import { noise } from '../helpers/numbers.ts';

const gpu = await startGpu();

function multiply(a: Float32Array, b: Float32Array, m: number, n: number, k: number): Float64Array {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      for (let j = 0; j < n; j++)
        c[i * n + j] = (c[i * n + j] as number) + (a[i * k + p] as number) * (b[p * n + j] as number);
    }
  }
  return c;
}

for (const { name, able, only } of GEMM_VARIANTS) {
  if (only === 'f16') continue; // gemmHalf.test.ts
  const possible = able?.(gpu) ?? true;
  if (possible !== true) {
    console.log(`     ${name} is not run here: ${possible}`);
    continue;
  }
  // One direction of A per shape: each pair is a pipeline more, and a tile takes a software adapter seconds to compile.
  for (const [m, n, k, along] of [
    [37, 23, 8301, 'm'], // so long a K is split
    [72, 68, 8300, 'k'],
    [130, 3, 47, 'k'],
  ] as const) {
    test(`${name}: matmul ${m}x${n}x${k}, A along ${along}`, async () => {
      const a = noise(m * k, 1);
      const b = noise(k * n, 2);
      const A = tensor(a, [m, k]);
      const B = tensor(b, [k, n]);
      const c = withVariant('gemm', name, () =>
        along === 'k' ? matmul(A, B) : matmul(permute(A, [1, 0]), B, { transposeA: true }),
      );
      assert.ok(relativeError(await c.floats(), multiply(a, b, m, n, k)) < 1e-6 * Math.max(1, Math.sqrt(k / 300)));
    });
  }

  test(`${name}: an infinity in the last row of B stays one where K ends within a step`, async () => {
    const [m, n, k] = [130, 3, 47];
    const b = noise(k * n, 2);
    b[(k - 1) * n] = Number.POSITIVE_INFINITY;
    const a = tensor(new Float32Array(m * k).fill(1), [m, k]);
    const c = await withVariant('gemm', name, () => matmul(a, tensor(b, [k, n]))).floats();
    assert.ok(c.every((value, at) => (at % n === 0 ? value === Number.POSITIVE_INFINITY : Number.isFinite(value))));
  });

  test(`${name}: a strided, reflected convolution and its gradients equal those of the first variant`, async () => {
    const x = tensor(noise(2 * 9 * 11 * 8, 3), [2, 9, 11, 8], { requiresGrad: true });
    const w = tensor(noise(3 * 3 * 8 * 12, 4), [3, 3, 8, 12], { requiresGrad: true });
    const run = (variant: string) =>
      withVariant('gemm', variant, () => {
        const y = conv2d(x, w, undefined, { stride: 2, padding: 1, paddingMode: 'reflect' });
        return [y, ...grad(y.square().sum(), [x, w])];
      });
    const reference = run('direct');
    for (const [k, got] of run(name).entries()) {
      const expected = Float64Array.from(await (reference[k] as Tensor).floats());
      assert.ok(relativeError(await got.floats(), expected) < 1e-5, `output ${k}`);
    }
  });
}

test('a variant for the other type is refused, and nothing wrong is computed', () => {
  const x = tensor(noise(256, 5), [16, 16]);
  assert.throws(
    () => withVariant('gemm', 'matrix 64x64x16', () => matmul(x, x)),
    /cannot compute matmul 16x16x16 .*f16/,
  );
});

test('an unknown variant is named', () => {
  assert.throws(
    () => withVariant('gemm', 'telepathy', () => matmul(tensor([1], [1, 1]), tensor([1], [1, 1]))),
    /telepathy.*tiled/,
  );
});

test('shape errors name the op and what was expected', () => {
  assert.throws(
    () => matmul(tensor([1, 2], [1, 2]), tensor([1, 2, 3], [3, 1])),
    /matmul: shapes is \[1, 2\] · \[3, 1\]/,
  );
});

test('a device that computes on the CPU gets a kernel without workgroup memory', () => {
  const problem = { name: 'x', m: 512, n: 512, k: 512, aContiguousAlong: 'k', loaderA: [] } as unknown as Parameters<
    (typeof GEMM_VARIANTS)[0]['admits']
  >[0];
  const taken = GEMM_VARIANTS.find(
    (v) => v.admits(problem, { ...gpu, adapter: { ...gpu.adapter, software: true } } as Gpu) === true,
  );
  assert.is(taken?.name, gpu.device.features.has('subgroups') ? 'broadcast' : 'direct');
});

test.run();
