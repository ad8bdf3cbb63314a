import { type Gpu, withVariant } from '@visage/gpu';
import { type Tensor, tensor } from '@visage/tensor';
import { squeezeExcitation } from '@visage/tensor/kernels';
import { is, match, throws } from 'uvu/assert';
import { composedSqueezeExcitation } from '../../packages/tensor/src/frozen/squeezeExcitation.ts';
import { squeezeFamily } from '../../packages/tensor/src/frozen/squeezeKernels.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { type HostTensor, randomInput } from '../helpers/gradcheck.ts';
import { sameFunction } from '../helpers/sameFunction.ts';

const { test } = await gpuSuite('squeeze and excitation');

/** w1, b1, inner slope, w2, b2, slope. */
const parameters = (c: number, hidden: number): HostTensor[] => [
  randomInput([c, hidden], { seed: 3 }),
  randomInput([hidden], { seed: 4 }),
  randomInput([1], { seed: 5, scale: 0.1, shift: 0.3 }),
  randomInput([hidden, c], { seed: 6 }),
  randomInput([c], { seed: 7 }),
  randomInput([1], { seed: 8, scale: 0.1, shift: -0.2 }),
];

type Op = typeof squeezeExcitation;
const applied =
  (op: Op) =>
  (x: Tensor, skip: Tensor, all: readonly Tensor[]): Tensor => {
    const [w1, b1, inner, w2, b2, slope] = all as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
    return op(x, { w1, b1, slope: inner, w2, b2 }, skip, slope);
  };

// Four channels take vec4f, five f32; 3 and 40 hidden values do not divide the workgroup.
for (const [c, hidden] of [
  [4, 3],
  [5, 2],
  [8, 40],
] as const) {
  const images = [randomInput([2, 7, 5, c]), randomInput([2, 7, 5, c], { seed: 2 })];
  test(`${c} channels, ${hidden} hidden: the frozen gate's kernels equal the composition`, async () => {
    const run = (op: Op) => (x?: Tensor, skip?: Tensor) =>
      applied(op)(
        x!,
        skip!,
        parameters(c, hidden).map(({ values, shape }) => tensor(values, shape)),
      );
    await sameFunction(run(squeezeExcitation), run(composedSqueezeExcitation), images);
  });

  test(`${c} channels, ${hidden} hidden: gradients of its parameters too`, async () => {
    const run =
      (op: Op) =>
      (x?: Tensor, skip?: Tensor, ...all: Tensor[]) =>
        applied(op)(x!, skip!, all);
    const inputs = [...images, ...parameters(c, hidden)];
    await sameFunction(run(squeezeExcitation), run(composedSqueezeExcitation), inputs);
  });
}

// Thirty-two channels are a power of two, and 33 x 31 pixels make several turns of a workgroup to share out; the
// resident kernels need as many bindings as adapters have, and browsers' default lacks.
for (const { name } of squeezeFamily.variants) {
  test(`variant ${name} computes what the composition does`, async () => {
    const images = [randomInput([2, 33, 31, 32]), randomInput([2, 33, 31, 32], { seed: 2 })];
    const run = (op: Op) => (x?: Tensor, skip?: Tensor) =>
      applied(op)(
        x!,
        skip!,
        parameters(32, 5).map(({ values, shape }) => tensor(values, shape)),
      );
    const forced = (x?: Tensor, skip?: Tensor) => withVariant('squeeze', name, () => run(squeezeExcitation)(x, skip));
    await sameFunction(forced, run(composedSqueezeExcitation), images);
  });
}

test('sliced takes larger samples only where several workgroups share them', () => {
  const limits = {
    maxComputeInvocationsPerWorkgroup: 1024,
    maxComputeWorkgroupStorageSize: 2 ** 15,
    maxStorageBuffersPerShaderStage: 16,
  };
  // all of it that admission asks for
  const large = { adapter: { software: false }, device: { limits }, profile: { processors: 132 } } as unknown as Gpu;
  const [sliced] = squeezeFamily.variants;
  const answer = (outer: number, height: number, width: number, channels: number) => {
    const problem = { outer, rows: height * width, channels, eps: 0 };
    is(sliced?.supports?.(problem, large), true);
    return sliced?.admits?.(problem, large);
  };
  is(answer(64, 32, 32, 128), true);
  match(String(answer(65, 32, 32, 128)), /131072 elements of a sample are too many for one workgroup to go over/);
  is(answer(65, 32, 32, 64), true);
  match(String(answer(16, 64, 32, 128)), /262144 elements of a sample/);
});

test('the kernels of one launch are refused where channels do not come in fours of a power of two', () => {
  for (const [channels, name] of [
    [1, 'cached'],
    [2, 'sliced'],
    [12, 'sliced'],
  ] as const) {
    const [x, ...rest] = [randomInput([1, 2, 2, channels]), ...parameters(channels, 2)].map(({ values, shape }) =>
      tensor(values, shape),
    );
    throws(
      () => withVariant('squeeze', name, () => applied(squeezeExcitation)(x!, x!, rest)),
      /squeeze: \w+ cannot compute 1 samples of 4 pixels and \d+ channels: needs a power of two of channels, from 4 to 512/,
    );
  }
});

test('messages name the op, the argument and what was expected', () => {
  const [x, skip] = [tensor(new Float32Array(8), [1, 2, 1, 4]), tensor(new Float32Array(8), [1, 1, 2, 4])];
  const all = parameters(4, 2).map(({ values, shape }) => tensor(values, shape));
  throws(() => applied(squeezeExcitation)(x, skip, all), /squeezeExcitation: skip is \[1, 1, 2, 4\]/);
  throws(
    () => applied(squeezeExcitation)(x, x, [...all.slice(0, 3), all[0]!, ...all.slice(4)]),
    /squeezeExcitation: w2 is \[4, 2\]/,
  );
});

test.run();
