/**
 * Winograd's algorithms against the implicit GEMM: forward, gradients and a gradient of gradients, over ragged tiles
 * and every padding.
 */
import { withVariant } from '@visage/gpu';
import { startGpu } from '@visage/gpu/node';
import {
  cast,
  conv2d,
  grad,
  leakyRelu,
  type PaddingMode,
  relu,
  scope,
  type Tensor,
  tanh,
  tensor,
} from '@visage/tensor';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { relativeError } from '../helpers/goldens.ts';
import { noise } from '../helpers/numbers.ts';

await startGpu();

// Every shape is five pipelines more, and those of 4x4 tiles take a software adapter seconds to compile.
const cases: readonly (readonly [tiles: string, height: number, width: number, padding: number, mode: PaddingMode])[] =
  [
    ['2x2', 9, 11, 1, 'reflect'],
    ['2x2', 5, 6, 0, 'zero'],
    ['2x2', 6, 5, 2, 'replicate'],
    ['4x4', 9, 7, 1, 'zero'],
  ];

for (const [tiles, height, width, padding, paddingMode] of cases) {
  test(`winograd ${tiles}: ${height}x${width}, padding ${padding} ${paddingMode}`, async () => {
    const x = tensor(noise(2 * height * width * 8, 1), [2, height, width, 8], { requiresGrad: true });
    const w = tensor(noise(9 * 8 * 12, 2), [3, 3, 8, 12], { requiresGrad: true });
    const b = tensor(noise(12, 3), [12], { requiresGrad: true });
    const run = (algorithm: string): Tensor[] =>
      scope(() =>
        withVariant('conv', algorithm, () => {
          const y = conv2d(x, w, b, { padding, paddingMode });
          const first = grad(y.square().sum(), [x, w], { createGraph: true });
          const slope = (first[0] as Tensor)
            .square()
            .sum()
            .add((first[1] as Tensor).square().sum());
          return [y, ...first, ...grad(slope, [x, w])];
        }),
      );
    const reference = run('implicit gemm');
    for (const [k, got] of run(`winograd ${tiles}`).entries()) {
      const error = relativeError(await got.floats(), await (reference[k] as Tensor).floats());
      assert.ok(error < 1e-5, `output ${k}: ${error}`);
    }
  });
}

const slope = 0.2;
const ACTIVATIONS = [
  ['relu', relu],
  ['tanh', tanh],
  [{ leakyRelu: slope }, (x: Tensor) => leakyRelu(x, slope)],
] as const;
for (const [activation, op] of ACTIVATIONS) {
  test(`bias and activation as tiles become pixels: ${op.name || 'leakyRelu'}`, async () => {
    const [x, w] = [tensor(noise(2 * 5 * 6 * 8, 9), [2, 5, 6, 8]), tensor(noise(9 * 8 * 12, 10), [3, 3, 8, 12])];
    const b = tensor(noise(12, 11), [12]);
    const got = withVariant('conv', 'winograd 2x2', () => conv2d(x, w, b, { padding: 1, activation }));
    const error = relativeError(await got.floats(), await op(conv2d(x, w, b, { padding: 1 })).floats());
    assert.ok(error < 1e-5, String(error));
  });
}

// The shapes, and so the pipelines, of two of the cases above.
for (const [tiles, height, width, padding, paddingMode] of [cases[0]!, cases[3]!]) {
  test(`winograd ${tiles}: a pixel that is odd reaches its 3x3 window and no further, in both directions`, async () => {
    const w = tensor(noise(9 * 8 * 12, 2), [3, 3, 8, 12]);
    const b = tensor(noise(12, 3), [12]);
    const run = (algorithm: string, odd: number): Tensor[] =>
      withVariant('conv', algorithm, () => {
        const image = new Float32Array(2 * height * width * 8);
        image[(2 * width + 3) * 8 + 5] = odd;
        const x = tensor(image, [2, height, width, 8], { requiresGrad: true });
        const y = conv2d(x, w, b, { padding, paddingMode });
        const slopes = new Float32Array(y.size);
        slopes[(4 * width + 2) * 12 + 7] = odd;
        return [y, ...grad(y, [x], { gradOutputs: [tensor(slopes, y.shape)] })];
      });
    for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, 1e6, 3e38]) {
      const right = await Promise.all(run('implicit gemm', odd).map((t) => t.floats()));
      for (const [k, got] of run(`winograd ${tiles}`, odd).entries())
        (await got.floats()).forEach((value, at) => {
          const expected = right[k]![at]!;
          const fine = Object.is(value + 0, expected + 0) || Math.abs(value - expected) <= 1e-5 * Math.abs(expected);
          assert.ok(fine, `output ${k} of ${odd} at ${at}: ${value}, expected ${expected}`);
        });
    }
  });
}

test('a value that is not finite is seen in the gradient of the weight', async () => {
  const [, height, width, padding] = cases[3]!;
  const x = tensor(noise(2 * height * width * 8, 1).fill(Number.NaN, 8 * width, 8 * width + 1), [2, height, width, 8]);
  const w = tensor(noise(9 * 8 * 12, 2), [3, 3, 8, 12], { requiresGrad: true });
  const gradient = withVariant('conv', 'winograd 4x4', () => grad(conv2d(x, w, undefined, { padding }).sum(), [w])[0]!);
  (await gradient.floats()).forEach((value, at) => {
    assert.is(Number.isNaN(value), Math.floor(at / 12) % 8 === 0, `weight ${at}: ${value}`);
  });
});

test('the error of 4x4 tiles stays small over many channels', async () => {
  const x = tensor(noise(8 * 8 * 512, 4), [1, 8, 8, 512]);
  const w = tensor(noise(9 * 512 * 8, 5), [3, 3, 512, 8]);
  const run = (name: string) => withVariant('conv', name, () => conv2d(x, w, undefined, { padding: 1 }));
  const error = relativeError(await run('winograd 4x4').floats(), await run('implicit gemm').floats());
  assert.ok(error < 1e-5, String(error));
});

/** Relative errors of y, dx and dw in f16 against the implicit GEMM on the same f16 values. */
async function halfErrors(algorithm: string, scale = 1): Promise<number[]> {
  const [height, width] = [9, 7];
  const image = noise(2 * height * width * 32, 1).map((value) => scale * value);
  const filters = noise(9 * 32 * 16, 2).map((value) => value / scale);
  const half = (values: Float32Array, shape: number[]): Tensor => {
    const x = cast(tensor(values, shape), 'f16');
    x.requiresGrad = true;
    return x;
  };
  const run = (name: string): Tensor[] =>
    withVariant('conv', name, () => {
      const [x, w] = [half(image, [2, height, width, 32]), half(filters, [3, 3, 32, 16])];
      const y = conv2d(x, w, undefined, { padding: 1 });
      return [y, ...grad(cast(y, 'f32').square().sum(), [x, w])];
    });
  const right = run('implicit gemm');
  return Promise.all(run(algorithm).map(async (got, k) => relativeError(await got.floats(), await right[k]!.floats())));
}

if ((await startGpu()).device.features.has('shader-f16')) {
  // Both round their results to f16, which alone is 3e-4.
  for (const [tiles, limit] of [
    ['2x2', 1e-3],
    ['4x4', 3e-3],
  ] as const)
    test(`winograd ${tiles} in f16 loses few bits`, async () => {
      for (const [k, error] of (await halfErrors(`winograd ${tiles}`)).entries())
        assert.ok(error < limit, `output ${k}: ${error}`);
    });

  test('windows whose transforms leave the range of f16 are computed directly', async () => {
    const [y] = await halfErrors('winograd 4x4', 6e4);
    assert.ok((y as number) < 3e-3, String(y));
  });
}

test('forced on what it cannot compute it is refused, and nothing wrong is computed', () => {
  const forced = (x: Tensor, w: Tensor, stride = 1) =>
    withVariant('conv', 'winograd 2x2', () => conv2d(x, w, undefined, { padding: 1, stride }));
  const [x, w] = [tensor(noise(6 * 6 * 8, 6), [1, 6, 6, 8]), tensor(noise(9 * 8 * 4, 7), [3, 3, 8, 4])];
  assert.throws(
    () => forced(x, w, 2),
    /conv: winograd 2x2 cannot compute forward f32 1x6x6x8 .*: for 3x3 kernels at stride 1/,
  );
  assert.throws(() => forced(x.reshape([1, 16, 6, 3]), tensor(noise(108, 8), [3, 3, 3, 4])), /channels in fours/);
});

test.run();
