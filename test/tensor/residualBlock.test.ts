/** @file The frozen residual block against its composition: every join, in both types, by every multiply, with its sums in one piece and in several. */
import { withVariant } from '@visage/gpu';
import { autocast, grad, record, scope, type Tensor, tensor } from '@visage/tensor';
import { convFamily, type ResidualBlock, residualBlock } from '@visage/tensor/kernels';
import * as assert from 'uvu/assert';
import { composedResidualBlock } from '../../packages/tensor/src/frozen/residualBlock.ts';
import { relativeError } from '../helpers/goldens.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { randomInput } from '../helpers/gradcheck.ts';
import { sameFunction } from '../helpers/sameFunction.ts';
import { multipliesOf } from '../helpers/variants.ts';

const { test, gpu } = await gpuSuite('residual block');

/** Channels in, between and out, and how the second convolution steps. */
interface Sizes {
  readonly channels: readonly [number, number, number];
  readonly stride: number;
  readonly size: readonly [number, number];
}
type Join = 'sum' | 'PReLU' | 'gate';

const frozen = (shape: number[], seed: number, scale = 0.3, shift = 0): Tensor => {
  const { values } = randomInput(shape, { seed, scale, shift });
  return tensor(values, shape);
};

/** Slopes of either sign: the sign of a result does not tell that of its sum. */
function blockOf({ channels, stride, size }: Sizes, join: Join, requiresGrad = false): ResidualBlock {
  const [from, between, to] = channels;
  const gate = {
    w1: frozen([to, 3], 7),
    b1: frozen([3], 8),
    slope: frozen([1], 9),
    w2: frozen([3, to], 10),
    b2: frozen([to], 11),
  };
  const shortcut = { weight: frozen([1, 1, from, to], 12), offset: frozen([to], 13), options: { stride } };
  const slope = frozen([between], 3, 0.4);
  slope.requiresGrad = requiresGrad;
  return {
    conv1: {
      weight: frozen([3, 3, from, between], 1, 0.1),
      offset: frozen([1, ...size, between], 2),
      options: { padding: 1 },
    },
    slope,
    conv2: { weight: frozen([3, 3, between, to], 4, 0.1), offset: frozen([to], 5), options: { padding: 1, stride } },
    ...(stride > 1 || from !== to ? { shortcut } : {}),
    ...(join === 'sum' ? {} : { lastSlope: frozen([1], 6, 0.1, -0.3) }),
    ...(join === 'gate' ? { gate } : {}),
  };
}

const plain: Sizes = { channels: [8, 12, 8], stride: 1, size: [6, 5] };
const strided: Sizes = { channels: [4, 8, 12], stride: 2, size: [7, 6] };
// Wide enough for tiles of subgroup matrices, which hang over on both sides.
const matrices: Sizes = { channels: [32, 72, 40], stride: 2, size: [9, 7] };
// So many terms that each sum is split: the merge finishes it.
const split: Sizes = { channels: [916, 4, 916], stride: 1, size: [2, 3] };

const imageOf = ({ channels, size }: Sizes) => randomInput([2, ...size, channels[0]], { seed: 20 });
const image = (sizes: Sizes, requiresGrad = true): Tensor => {
  const { values, shape } = imageOf(sizes);
  return tensor(values, shape, { requiresGrad });
};
type Op = typeof residualBlock;

/** The result and the gradient of x. */
const outputs = (op: Op, sizes: Sizes, join: Join): Tensor[] =>
  scope(() => {
    const x = image(sizes);
    const y = op(x, blockOf(sizes, join));
    return [y, ...grad(y.square().sum(), [x])];
  });

async function equal(ours: readonly Tensor[], theirs: readonly Tensor[]): Promise<void> {
  for (const [k, y] of ours.entries())
    assert.ok(relativeError(await y.floats(), await (theirs[k] as Tensor).floats()) < 1e-5, `output ${k}`);
}

for (const join of ['sum', 'PReLU', 'gate'] as const)
  for (const [name, sizes] of Object.entries({ plain, strided, split }))
    test(`${name}, joined by ${join}: the composition's values and gradients`, () =>
      equal(outputs(residualBlock, sizes, join), outputs(composedResidualBlock, sizes, join)));

// Input gradients that add to what comes through the shortcut: pixels that no tap meets, and parity classes in one launch.
for (const [kernel, size] of [
  [1, [7, 6]],
  [2, [8, 6]],
] as const)
  test(`a first convolution of ${kernel}x${kernel} with stride 2: the composition's values and gradients`, () => {
    const strides: Sizes = { channels: [4, 8, 12], stride: 1, size };
    const run = (op: Op) =>
      scope(() => {
        const [block, x] = [blockOf({ ...strides, stride: 2 }, 'PReLU'), image(strides)];
        const y = op(x, {
          ...block,
          conv1: { weight: frozen([kernel, kernel, 4, 8], 1), offset: frozen([8], 2), options: { stride: 2 } },
          conv2: { ...block.conv2, options: { padding: 1 } },
        });
        return [y, ...grad(y.square().sum(), [x])];
      });
    return equal(run(residualBlock), run(composedResidualBlock));
  });

test('gradients of gradients go through the composition', () => {
  const apply = (op: Op) => (x?: Tensor) => op(x as Tensor, blockOf(plain, 'PReLU'));
  return sameFunction(apply(residualBlock), apply(composedResidualBlock), [imageOf(plain)]);
});

// A software adapter takes ten seconds to compile the four products of a block in one tile, and all tiles finish their sums by the same text.
const COMPILED_SLOWLY = /^tiled|^winograd 4x4/;
const isTried = ({ name }: { readonly name: string }) => !gpu.adapter.software || !COMPILED_SLOWLY.test(name);

for (const { name } of multipliesOf(gpu, 'f32').filter(isTried)) {
  test(`by ${name}`, () =>
    equal(
      withVariant('gemm', name, () => outputs(residualBlock, strided, 'PReLU')),
      outputs(composedResidualBlock, strided, 'PReLU'),
    ));
}

for (const { name } of convFamily.variants.filter(isTried).filter(({ name }) => name.startsWith('winograd'))) {
  test(`by ${name}, which finishes its pixels itself`, () =>
    equal(
      withVariant('conv', name, () => outputs(residualBlock, plain, 'PReLU')),
      outputs(composedResidualBlock, plain, 'PReLU'),
    ));
}

/** Everything in f16 that `autocast` takes, or in f32 throughout. */
const typed = (op: Op, type: 'f16' | 'f32', sizes: Sizes, join: Join): Tensor[] =>
  scope(() => {
    const x = image(sizes);
    const y = autocast(type, () => op(x, blockOf(sizes, join)));
    return [y, ...grad(y.square().sum(), [x])];
  });

/** Holds f16 results to those in f32, beside what the composition in f16 is off. */
async function near(ours: readonly Tensor[], sizes: Sizes, join: Join): Promise<void> {
  const [exact, theirs] = [
    typed(composedResidualBlock, 'f32', sizes, join),
    typed(composedResidualBlock, 'f16', sizes, join),
  ];
  assert.is(ours[0]?.dtype, 'f16');
  for (const [k, reference] of exact.entries()) {
    const values = Float64Array.from(await reference.floats());
    const error = async (x: Tensor | undefined) => relativeError(await (x as Tensor).floats(), values);
    const [own, its] = [await error(ours[k]), await error(theirs[k])];
    assert.ok(own < 1.5 * its + 1e-4 && own < 5e-3, `${join}, output ${k}: ${own}, composed ${its}`);
  }
}

if (gpu.device.features.has('shader-f16')) {
  for (const join of ['sum', 'PReLU', 'gate'] as const)
    test(`joined by ${join} in f16, as near to f32 as the composition`, () =>
      near(typed(residualBlock, 'f16', plain, join), plain, join));

  for (const { name } of multipliesOf(gpu, 'f16').filter(({ name }) => name.startsWith('matrix'))) {
    test(`by ${name}`, () =>
      near(
        withVariant('gemm', name, () => typed(residualBlock, 'f16', matrices, 'PReLU')),
        matrices,
        'PReLU',
      ));
  }
}

test('a parameter that learns gets its gradient from the composition', async () => {
  const slopeGradient = (op: Op): Tensor =>
    scope(() => {
      const block = blockOf(plain, 'gate', true);
      return grad(op(image(plain, false), block).square().sum(), [block.slope])[0] as Tensor;
    });
  const [ours, theirs] = [slopeGradient(residualBlock), slopeGradient(composedResidualBlock)];
  assert.ok(relativeError(await ours.floats(), await theirs.floats()) < 1e-5);
});

/** Names of the kernels that a step launches in which only x changes. */
function launches(op: Op, sizes: Sizes, differentiate: boolean): string[] {
  const [x, block] = [image(sizes, differentiate), blockOf(sizes, 'PReLU')];
  const step = record(() => {
    const y = op(x, block);
    return differentiate ? grad(y, [x], { gradOutputs: [y.detach()] }) : [y];
  });
  const names = step.commands.map(({ command }) => command.pipeline.name);
  step.dispose();
  return names.filter((name) => !name.startsWith('shape/')); // matrices turn weights first
}

test('five launches less with a gradient; without one two, and nothing is kept', () => {
  const gradient = [
    'gemm/conv2d',
    'gemm/conv2d',
    'pointwise/preluGate',
    'gemm/conv2dInputGrad',
    'gemm/conv2dInputGrad',
  ];
  assert.equal(launches(residualBlock, plain, true), gradient);
  assert.is(launches(composedResidualBlock, plain, true).length, gradient.length + 5);
  assert.equal(launches(residualBlock, plain, false), ['gemm/conv2d', 'gemm/conv2d']);
});

test('where K is split the merge does it', () => {
  assert.equal(launches(residualBlock, split, true), [
    ...['gemm/conv2d', 'gemm/conv2dMerge', 'gemm/conv2d', 'pointwise/preluGate'],
    ...['gemm/conv2dInputGrad', 'gemm/conv2dInputGradMerge', 'gemm/conv2dInputGrad'],
  ]);
});

test('parameters of wrong shape are named', () => {
  const block = blockOf(plain, 'sum');
  const x = image(plain);
  const wrong = (changes: Partial<ResidualBlock>, message: RegExp) =>
    assert.throws(() => residualBlock(x, { ...block, ...changes }), message);
  wrong(
    { conv1: { ...block.conv1, offset: frozen([1, 5, 6, 12], 1) } },
    /residualBlock: conv1.offset is \[1, 5, 6, 12\]/,
  );
  wrong({ conv2: { ...block.conv2, offset: frozen([4], 1) } }, /residualBlock: conv2.offset is \[4\]/);
  wrong({ slope: frozen([8], 1) }, /residualBlock: slope is \[8\]/);
  wrong({ conv2: { ...block.conv2, options: { padding: 0 } } }, /residualBlock: shortcut is \[2, 6, 5, 8\]/);
});

test('a gate without a slope behind it is refused', () => {
  const { lastSlope: _, ...block } = blockOf(plain, 'gate');
  assert.throws(() => residualBlock(image(plain), block), /residualBlock: lastSlope is absent/);
});

test.run();
