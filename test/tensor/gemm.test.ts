/** Every GEMM variant against sums in float64, over shapes that leave partial tiles, partial vectors and split K. */
import { type Gpu, withVariant } from '@visage/gpu';
import { startGpu } from '@visage/gpu/node';
import { conv2d, grad, matmul, permute, type Tensor, tensor } from '@visage/tensor';
import { gemmFamily } from '@visage/tensor/kernels';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { relativeError } from '../helpers/goldens.ts';
import { noise } from '../helpers/numbers.ts';
import { multipliesOf, productOf } from '../helpers/variants.ts';

const gpu = await startGpu();

/** What choosing a multiply asks of a device that differs from this one. */
const described = ({ device, adapter, profile }: Gpu, changes: object): Gpu =>
  ({ deterministic: true, device, adapter, profile, ...changes }) as unknown as Gpu;

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

for (const { name } of multipliesOf(gpu, 'f32')) {
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

  test(`${name}: infinities in the last column of A stay so where K ends within a step, A along m`, async () => {
    const [m, n, k] = [37, 9, 47];
    const a = noise(m * k, 1).map((value, at) => (at % k === k - 1 ? Number.POSITIVE_INFINITY : value));
    const A = permute(tensor(a, [m, k]), [1, 0]);
    const B = tensor(new Float32Array(k * n).fill(1), [k, n]);
    const c = await withVariant('gemm', name, () => matmul(A, B, { transposeA: true })).floats();
    assert.ok(c.every((value) => value === Number.POSITIVE_INFINITY));
  });

  for (const k of [40, 47]) {
    test(`${name}: a transposed B of ${k} rows`, async () => {
      const [m, n] = [37, 23];
      const [a, b] = [noise(m * k, 1), noise(k * n, 2)];
      const B = permute(tensor(b, [k, n]), [1, 0]);
      const c = withVariant('gemm', name, () => matmul(tensor(a, [m, k]), B, { transposeB: true }));
      assert.ok(relativeError(await c.floats(), multiply(a, b, m, n, k)) < 1e-6);
    });
  }

  for (const along of ['m', 'k'] as const) {
    test(`${name}: more tiles than one dimension of a grid may have, A along ${along}`, async () => {
      const [m, n, k] = [32 * 65536 + 5, 1, 4];
      const a = noise(m * k, 1);
      const b = noise(k * n, 2);
      const A = along === 'k' ? tensor(a, [m, k]) : permute(tensor(a, [m, k]), [1, 0]);
      const c = withVariant('gemm', name, () => matmul(A, tensor(b, [k, n]), { transposeA: along === 'm' }));
      assert.ok(relativeError(await c.floats(), multiply(a, b, m, n, k)) < 1e-6);
    });
  }

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
    /gemm: matrix 64x64x16 cannot compute matmul 16x16x16 .*: multiplies f16 only/,
  );
});

test('a variant whose limits the device lacks is refused when it is forced', () => {
  const limits = { maxComputeInvocationsPerWorkgroup: 64, maxComputeWorkgroupStorageSize: 16_384 };
  const small = described(gpu, { device: { limits } });
  assert.throws(
    () => withVariant('gemm', 'tiled 64x64x16', () => gemmFamily.choose(small, productOf('f32'))),
    /gemm: tiled 64x64x16 cannot compute x 512x512x512 .*: needs 128 threads per workgroup/,
  );
  assert.throws(
    () =>
      withVariant('gemm', 'broadcast', () =>
        gemmFamily.choose(described(gpu, { device: { features: new Set() } }), productOf('f32')),
      ),
    /broadcast cannot compute .*: needs the feature subgroups/,
  );
});

test('an unknown family or variant is an error at once, with the names that there are', () => {
  const nothing = () => assert.unreachable('nothing runs under a name that means nothing');
  assert.throws(() => withVariant('gemm', 'telepathy', nothing), /gemm: no variant is called telepathy; .*tiled/);
  assert.throws(() => withVariant('gem', 'direct', nothing), /no kernel family is called gem; there are conv, gemm, /);
});

test('shape errors name the op and what was expected', () => {
  assert.throws(
    () => matmul(tensor([1, 2], [1, 2]), tensor([1, 2, 3], [3, 1])),
    /matmul: shapes is \[1, 2\] · \[3, 1\]/,
  );
});

test('a device that computes on the CPU gets a kernel without workgroup memory', () => {
  const software = described(gpu, { adapter: { ...gpu.adapter, software: true } });
  const { variant } = gemmFamily.choose(software, productOf('f32'));
  assert.is(variant.name, gpu.device.features.has('subgroups') ? 'broadcast' : 'direct');
});

test.run();
