/** Winograd's algorithms against the implicit GEMM: forward, gradients and a gradient of gradients, over ragged tiles and every padding. */
import { withVariant } from '@visage/gpu';
import { startGpu } from '@visage/gpu/node';
import { conv2d, grad, type PaddingMode, scope, type Tensor, tensor } from '@visage/tensor';
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

test('the error of 4x4 tiles stays small over many channels', async () => {
  const x = tensor(noise(8 * 8 * 512, 4), [1, 8, 8, 512]);
  const w = tensor(noise(9 * 512 * 8, 5), [3, 3, 512, 8]);
  const run = (name: string) => withVariant('conv', name, () => conv2d(x, w, undefined, { padding: 1 }));
  const error = relativeError(await run('winograd 4x4').floats(), await run('implicit gemm').floats());
  assert.ok(error < 1e-5, String(error));
});

test.run();
