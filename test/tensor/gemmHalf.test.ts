/**
 * Products of f16 operands: every variant and loader against the f32 kernel without tiles on the same, rounded values.
 *
 * Sums are f32, so an f32 result agrees but for their order, and an f16 result but for its own rounding. Variants that
 * the adapter lacks are named and left out; run this file on a GPU with subgroup matrices to see them all.
 */
import { withVariant } from '@visage/gpu';
import { startGpu } from '@visage/gpu/node';
import {
  type Conv2dOptions,
  cast,
  conv2d,
  convTranspose2d,
  grad,
  linear,
  matmul,
  type PaddingMode,
  type Tensor,
  tensor,
} from '@visage/tensor';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fewChannelsWeightGrad } from '../../packages/tensor/src/conv/fewChannels.ts';
import { convGeometry } from '../../packages/tensor/src/conv/geometry.ts';
import { hostRandom } from '../helpers/random.ts';
import { multipliesOf } from '../helpers/variants.ts';

const gpu = await startGpu({ robustness: process.env.VISAGE_ROBUSTNESS !== 'off' });
const random = hostRandom(5);

/** Normal values that f16 holds exactly. */
function halves(shape: readonly number[], scale = 1): { half: Tensor; full: Tensor } {
  const size = shape.reduce((a, b) => a * b, 1);
  const half = cast(tensor(random.normals(size, scale), shape), 'f16');
  return { half, full: cast(half, 'f32') };
}

async function floats(x: Tensor): Promise<Float32Array> {
  return cast(x, 'f32').floats();
}

async function distance(got: Tensor, expected: Tensor): Promise<number> {
  assert.equal(got.shape, expected.shape);
  const [a, b] = await Promise.all([floats(got), floats(expected)]);
  let [difference, norm] = [0, 0];
  for (const [k, value] of b.entries()) {
    difference += (value - (a[k] as number)) ** 2;
    norm += value ** 2;
  }
  assert.ok(norm > 0, 'the reference is zero');
  return Math.sqrt(difference / norm);
}

const near = async (got: Tensor, expected: Tensor, name: string) => {
  const [error, most] = [await distance(got, expected), got.dtype === 'f16' ? 6e-4 : 2e-5];
  assert.ok(error < most, `${name}: error ${error.toExponential(1)} of the norm in ${got.dtype}`);
};

const reference = <T>(fn: () => T): T => withVariant('conv', 'implicit gemm', () => withVariant('gemm', 'direct', fn));

/** [height, width, channels in, channels out, kernel, options] */
type Layer = readonly [number, number, number, number, number, Conv2dOptions];
const LAYERS: Readonly<Record<string, Layer>> = {
  '41 pixels wide': [5, 41, 16, 24, 3, { padding: 1 }],
  'step 2': [9, 47, 8, 40, 3, { padding: 1, stride: 2 }],
  'step 2, even kernel': [8, 10, 16, 16, 4, { padding: 1, stride: 2 }],
  'reflected, to three channels': [7, 55, 24, 3, 7, { padding: 3, paddingMode: 'reflect' }],
  'replicated, from three channels': [8, 9, 3, 16, 3, { padding: 1, paddingMode: 'replicate' }],
  '12 channels to 20': [6, 7, 12, 20, 3, { padding: 1 }],
  '1x1': [6, 7, 40, 72, 1, {}],
  'two slabs of channels': [7, 9, 128, 128, 3, { padding: 1, paddingMode: 'reflect' }],
};

function checkVariant(name: string): void {
  // A tile takes a software adapter seconds to compile, for every shape and loader anew.
  const brief = gpu.adapter.software && name.startsWith('tiled');
  for (const [transposeA, transposeB] of [
    [false, false],
    [true, true],
  ] as const) {
    for (const [m, n, k] of [
      [37, 23, 41],
      [200, 136, 72],
    ] as const) {
      if (brief) continue;
      test(`${name}: ${m}x${n}x${k}${transposeA ? ', both transposed' : ''}`, async () => {
        const a = halves(transposeA ? [k, m] : [m, k]);
        const b = halves(transposeB ? [n, k] : [k, n]);
        const options = { transposeA, transposeB };
        const expected = reference(() => matmul(a.full, b.full, options));
        await near(
          withVariant('gemm', name, () => matmul(a.half, b.half, options)),
          expected,
          'matmul',
        );
      });
    }
  }

  for (const [title, [height, width, ci, co, kernel, options]] of Object.entries(LAYERS)) {
    if (brief && title !== 'step 2, even kernel') continue;
    test(`${name}: convolution, ${title}`, async () => {
      const x = halves([2, height, width, ci]);
      const w = halves([kernel, kernel, ci, co], (kernel * kernel * ci) ** -0.5);
      const bias = tensor(random.normals(co), [co], { requiresGrad: true });
      const upstream = reference(() => halves(conv2d(x.full, w.full, bias, options).shape));
      const run = (image: Tensor, g: Tensor) => {
        const [input, weight] = [image.detach(), w.full.detach()];
        input.requiresGrad = weight.requiresGrad = true;
        const y = conv2d(input, weight, bias, options);
        return [y, ...grad(y, [input, weight, bias], { gradOutputs: [g] })];
      };
      const expected = reference(() => run(x.full, upstream.full));
      const got = withVariant('gemm', name, () => run(x.half, upstream.half));
      assert.equal(
        got.map(({ dtype }) => dtype),
        ['f16', 'f16', 'f32', 'f32'],
      );
      for (const [k, part] of ['y', 'dx', 'dw', 'db'].entries())
        await near(got[k] as Tensor, expected[k] as Tensor, part);
    });
  }
}

for (const { name } of multipliesOf(gpu, 'f16')) checkVariant(name);

/** [height, width, channels in, channels out, kernel, padding, mode] */
const NARROW: readonly (readonly [number, number, number, number, number, number, PaddingMode])[] = [
  [23, 37, 64, 3, 7, 3, 'reflect'],
  [16, 16, 16, 1, 3, 1, 'zero'],
  [19, 18, 48, 4, 5, 0, 'replicate'],
  [33, 15, 32, 2, 3, 2, 'replicate'],
  [21, 35, 128, 1, 4, 1, 'zero'],
];
for (const [height, width, ci, co, kernel, padding, paddingMode] of NARROW) {
  const title = `narrow: ${height}x${width}, ${ci} channels to ${co}, kernel ${kernel}, padding ${padding} ${paddingMode}`;
  if (!gpu.adapter.matrices) continue;
  test(title, async () => {
    const [x, w] = [halves([2, height, width, ci]), halves([kernel, kernel, ci, co], (kernel * kernel * ci) ** -0.5)];
    const bias = tensor(random.normals(co), [co]);
    const options = { padding, paddingMode, activation: 'tanh' } as const;
    const expected = reference(() => conv2d(x.full, w.full, bias, options));
    const got = withVariant('conv', 'few channels', () => conv2d(x.half, w.half, bias, options));
    await near(got, expected, 'y');
    const gradients = (image: Tensor, g: Tensor) => {
      const weight = w.full.detach();
      weight.requiresGrad = true;
      return grad(conv2d(image, weight, undefined, { padding, paddingMode }), [weight], {
        gradOutputs: [g],
      })[0] as Tensor;
    };
    const upstream = halves(expected.shape);
    const dw = reference(() => gradients(x.full, upstream.full));
    await near(
      withVariant('conv', 'few channels', () => gradients(x.half, upstream.half)),
      dw,
      'dw',
    );
  });
}
if (!gpu.adapter.matrices)
  console.log('     narrow is not run here: this device has no 16x16x16 matrices from f16 to f32');

for (const [height, width, ci, co, kernel, padding, paddingMode] of NARROW) {
  test(`narrow: the weight gradient's product on any adapter, ${ci} channels to ${co}, ${paddingMode}`, async () => {
    const [x, w] = [halves([1, height, width, ci]), halves([kernel, kernel, ci, co])];
    w.full.requiresGrad = true;
    const y = reference(() => conv2d(x.full, w.full, undefined, { padding, paddingMode }));
    const dy = halves(y.shape);
    const [expected] = reference(() => grad(y, [w.full], { gradOutputs: [dy.full] }));
    const geometry = convGeometry('conv2d', x.full.shape, w.full.shape, { padding, paddingMode });
    await near(fewChannelsWeightGrad(geometry, x.half, dy.half, 'f32'), expected as Tensor, 'dw');
  });
}

test('layers: an f16 input with f32 weights gives f16, and gradients in the type of their tensors', async () => {
  const x = halves([3, 16]);
  const [w, b] = [halves([16, 8]), halves([8])];
  const run = (input: Tensor) => {
    const leaves = [input.detach(), w.full.detach(), b.full.detach()];
    for (const leaf of leaves) leaf.requiresGrad = true;
    const y = linear(leaves[0]!, leaves[1]!, leaves[2]);
    return [y, ...grad(y, leaves, { gradOutputs: [input.dtype === 'f16' ? cast(y, 'f16') : y] })];
  };
  const got = run(x.half);
  assert.equal(
    got.map(({ dtype }) => dtype),
    ['f16', 'f16', 'f32', 'f32'],
  );
  for (const [k, expected] of run(x.full).entries()) assert.ok((await distance(got[k]!, expected)) < 1.5e-3);
});

test('a transposed convolution in f16, and its gradient of a gradient', async () => {
  const x = halves([1, 4, 5, 8]);
  const w = halves([4, 4, 16, 8], 0.1);
  const run = (input: Tensor) => {
    const [image, weight] = [input.detach(), w.full.detach()];
    image.requiresGrad = weight.requiresGrad = true;
    const y = convTranspose2d(image, weight, undefined, { stride: 2, padding: 1 });
    const [dx] = grad(y, [image], { gradOutputs: [y.detach()], createGraph: true });
    return [y, dx!, ...grad(dx!, [weight], { gradOutputs: [dx!.detach()] })];
  };
  const expected = run(x.full);
  for (const [k, got] of run(x.half).entries()) assert.ok((await distance(got, expected[k]!)) < 2e-3, `output ${k}`);
});

test('groups in f16', async () => {
  const x = halves([1, 5, 4, 4]);
  const w = halves([3, 3, 2, 6], 0.3);
  const run = (input: Tensor) => conv2d(input, w.full, undefined, { padding: 1, groups: 2 });
  assert.ok((await distance(run(x.half), run(x.full))) < 1e-3);
});

test.run();
