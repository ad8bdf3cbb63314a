import { Gpu, useGpu } from '@visage/gpu';
import {
  avgPool2d,
  maxPool2d,
  type PaddingMode,
  pad2d,
  pixelShuffle,
  type Tensor,
  tensor,
  translate,
} from '@visage/tensor';
import { equal, ok, throws } from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { gradcheck, type HostTensor, randomInput } from '../helpers/gradcheck.ts';
import { hostRandom } from '../helpers/random.ts';

const { test, gpu } = await gpuSuite('padding, pooling, pixel shuffle, translation');

/** Distinct values a tenth apart, shuffled: no step of a finite difference changes which one is the largest. */
function distinct(shape: readonly number[]): HostTensor {
  const n = shape.reduce((a, b) => a * b, 1);
  const random = hostRandom(n);
  const order = Array.from({ length: n }, (_, k) => [random.uniform(), k] as const).sort((a, b) => a[0] - b[0]);
  return { shape, values: Float32Array.from(order, ([, k]) => (k - n / 2) * (4 / n)) };
}

const CASES: Record<string, [(x: Tensor) => Tensor, HostTensor, number?]> = {};
for (const mode of ['zero', 'reflect', 'replicate'] as PaddingMode[]) {
  CASES[`pad2d ${mode} by 3`] = [(x) => pad2d(x, 3, mode), randomInput([2, 5, 4, 3])];
  CASES[`pad2d ${mode} by 1, 41×3`] = [(x) => pad2d(x, 1, mode), randomInput([1, 41, 3, 4])];
}
CASES['pad2d reflect by all it has'] = [(x) => pad2d(x, 2, 'reflect'), randomInput([1, 3, 3, 1])];
for (const c of [3, 4]) {
  CASES[`maxPool2d 2, odd height, ${c} channels`] = [(x) => maxPool2d(x, { kernel: 2 }), distinct([1, 7, 4, c]), 1e-3];
  CASES[`maxPool2d 3 step 2 padding 1, ${c} channels`] = [
    (x) => maxPool2d(x, { kernel: 3, stride: 2, padding: 1 }),
    distinct([1, 5, 6, c]),
    1e-3,
  ];
  CASES[`avgPool2d 3 step 2 padding 1, ${c} channels`] = [
    (x) => avgPool2d(x, { kernel: 3, stride: 2, padding: 1 }),
    randomInput([2, 7, 6, c]),
  ];
  CASES[`avgPool2d without padding in the count, ${c} channels`] = [
    (x) => avgPool2d(x, { kernel: 3, stride: 2, padding: 1, countIncludePad: false }),
    randomInput([2, 7, 6, c]),
  ];
}
CASES['maxPool2d 55×2'] = [(x) => maxPool2d(x, { kernel: 2 }), distinct([1, 55, 2, 1]), 1e-4];
CASES['avgPool2d 47×5 overlapping'] = [
  (x) => avgPool2d(x, { kernel: 5, stride: 1, padding: 2 }),
  randomInput([1, 47, 5, 2]),
];
for (const c of [3, 4]) {
  const shifts = () => tensor([1, -2, 0, 3], [2, 2]);
  CASES[`translate, ${c} channels`] = [(x) => translate(x, shifts()), randomInput([2, 5, 4, c])];
}
CASES.pixelShuffle = [(x) => pixelShuffle(x, 2), randomInput([2, 3, 4, 12])];

for (const [name, [fn, x, step]] of Object.entries(CASES)) {
  test(name, async () => {
    await gradcheck(fn, [x], { step, tolerance: step ? 1e-2 : 2e-3 });
    await gradcheck(fn, [x], { order: 2, step, tolerance: step ? 2e-2 : 5e-3 });
  });
}

test('images move each by its own shift, and zeros come in', async () => {
  const x = tensor([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2, 1]);
  const moved = translate(x, tensor([1, 0, 0, -1], [2, 2]));
  equal([...(await moved.floats())], [3, 4, 0, 0, 0, 5, 0, 7]);
  const gone = translate(x, tensor([2, 0, 0, -2], [2, 2]));
  equal([...(await gone.floats())], new Array(8).fill(0));
  throws(() => translate(x, tensor([1, 2], [1, 2])), /translate: shifts is \[1, 2\], expected \[2, 2\]/);
});

test('values by hand', async () => {
  const x = tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
  equal([...(await maxPool2d(x, { kernel: 2, stride: 1 }).floats())], [5, 6, 8, 9]);
  equal([...(await avgPool2d(x, { kernel: 2, stride: 2, padding: 1 }).floats())], [0.25, 1.25, 2.75, 7]);
  equal(
    [...(await avgPool2d(x, { kernel: 2, stride: 2, padding: 1, countIncludePad: false }).floats())],
    [1, 2.5, 5.5, 7],
  );
  equal([...(await pad2d(tensor([1, 2, 3], [1, 1, 3, 1]), 1, 'replicate').floats()).slice(0, 5)], [1, 1, 2, 3, 3]);
  equal([...(await pixelShuffle(tensor([1, 2, 3, 4], [1, 1, 1, 4]), 2).floats())], [1, 2, 3, 4]);
});

test('invocations that take several channels of a pixel, as on hardware, make the same border and gradient', async () => {
  const bordered = async (channels: number, mode: PaddingMode): Promise<number[]> => {
    const { values, shape } = randomInput([2, 5, 4, channels]);
    const x = tensor(values, shape, { requiresGrad: true });
    const y = pad2d(x, 2, mode);
    y.square().sum().backward();
    return [...(await y.floats()), ...(await (x.grad as Tensor).floats())];
  };
  for (const mode of ['zero', 'reflect', 'replicate'] as PaddingMode[])
    for (const channels of [4, 24, 32]) {
      const expected = await bordered(channels, mode);
      useGpu(new Gpu(gpu.device, { ...gpu.adapter, software: false }, { fuse: false }));
      try {
        equal(await bordered(channels, mode), expected);
      } finally {
        useGpu(gpu);
      }
    }
});

test('at ties the first maximum takes the gradient', async () => {
  const x = tensor([1, 1, 1, 1], [1, 2, 2, 1], { requiresGrad: true });
  maxPool2d(x, { kernel: 2 }).sum().backward();
  equal([...(await (x.grad as Tensor).floats())], [1, 0, 0, 0]);
});

test('a NaN shows in the maximum of its window', async () => {
  const x = tensor([1, Number.NaN, 3, 4, 5, 6, 7, 8], [1, 2, 4, 1]);
  const y = await maxPool2d(x, { kernel: 2 }).floats();
  ok(Number.isNaN(y[0]));
  equal(y[1], 8);
});

test('messages name the op and the argument', () => {
  const x = tensor(new Float32Array(9), [1, 3, 3, 1]);
  throws(() => pad2d(x, 3, 'reflect'), /pad2d: padding is 3/);
  throws(() => maxPool2d(x, { kernel: 5 }), /maxPool2d: x is \[1, 3, 3, 1\], expected at least 5 pixels/);
  throws(() => avgPool2d(x, { kernel: 2, padding: 2 }), /avgPool2d: padding is 2, expected an integer from 0 to 1/);
  throws(() => pixelShuffle(x, 2), /pixelShuffle: factor is 2/);
});

test.run();
