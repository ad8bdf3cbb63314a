import { withVariant } from '@visage/gpu';
import {
  concat,
  expand,
  max,
  mean,
  padZero,
  permute,
  reshape,
  slice,
  square,
  sum,
  type Tensor,
  tensor,
  transpose,
  variance,
  zeros,
} from '@visage/tensor';
import { sumTo } from '@visage/tensor/kernels';
import { equal, is, ok, throws } from 'uvu/assert';
import { permuteFamily, transpositionOf } from '../../packages/tensor/src/elementwise/transpose.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { gradcheck, type HostTensor, randomInput } from '../helpers/gradcheck.ts';

const { test } = await gpuSuite('shape ops and reductions');

type Fn = (...xs: Tensor[]) => Tensor;
const cube = (seed = 1) => randomInput([3, 4, 5], { seed });
const CASES: Record<string, [Fn, HostTensor[]]> = {
  reshape: [(x) => reshape(x!, [5, -1]), [cube()]],
  expand: [(x) => expand(x!, [2, 3, 4]), [randomInput([3, 1])]],
  permute: [(x) => permute(x!, [2, 0, 1]), [cube()]],
  transpose: [(x) => transpose(x!), [randomInput([3, 5])]],
  slice: [(x) => slice(x!, 1, 1, 3), [cube()]],
  padZero: [(x) => padZero(x!, -1, 2, 1), [cube()]],
  concat: [(a, b) => concat([a!, square(b!), a!], 1), [cube(), randomInput([3, 2, 5], { seed: 2 })]],
  sumTo: [(x) => sumTo(x!, [4, 1]), [cube()]],
  'sum of everything': [(x) => sum(x!), [cube()]],
  'sum of the first and last axis': [(x) => sum(x!, [0, 2]), [cube()]],
  'mean, kept axis': [(x) => mean(x!, 1, true), [cube()]],
  'mean over a long axis': [(x) => mean(x!, 0), [randomInput([301, 2])]],
  variance: [(x) => variance(x!, [0, 1]), [cube()]],
  max: [
    (x) => max(x!, 1),
    [{ shape: [3, 5], values: Float32Array.from({ length: 15 }, (_, k) => ((k * 7) % 15) * 0.3 - 2) }],
  ],
};
for (const [name, [fn, inputs]] of Object.entries(CASES)) {
  test(name, async () => {
    await gradcheck(fn, inputs);
    await gradcheck(fn, inputs, { order: 2 });
  });
}

test('values by hand', async () => {
  const x = tensor([1, 2, 3, 4, 5, 6], [2, 3]);
  equal([...(await transpose(x).floats())], [1, 4, 2, 5, 3, 6]);
  equal([...(await slice(x, 1, 1, 3).floats())], [2, 3, 5, 6]);
  equal([...(await padZero(x, 0, 1, 0).floats())], [0, 0, 0, 1, 2, 3, 4, 5, 6]);
  equal([...(await concat([x, x], 1).floats())], [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
  equal([...(await max(x, 0).floats())], [4, 5, 6]);
  equal([...(await sum(x, 1).floats())], [6, 15]);
  equal(await sum(tensor([7], [])).item(), 7);
});

test('a long sum keeps its precision', async () => {
  const n = 1 << 20;
  ok(Math.abs((await mean(tensor(new Float32Array(n).fill(1.1))).item()) / 1.1 - 1) < 2e-6);
});

test('messages name the op, the argument and what was expected', () => {
  const x = tensor(new Float32Array(6), [2, 3]);
  throws(() => reshape(x, [4, 2]), /reshape: shape is \[4, 2\], expected 6 elements/);
  throws(() => expand(x, [2, 4]), /expand/);
  throws(() => permute(x, [0, 0]), /permute: order is \[0, 0\]/);
  throws(() => slice(x, 1, 2, 4), /slice: range is 2…4/);
  throws(() => concat([x, tensor([1], [1, 1])], 0), /concat: parts\[1\]/);
  throws(() => sum(x, 2), /sum: axis is 2/);
  throws(() => x.add(tensor([1, 2])), /add: shapes is \[2, 3\] and \[2\]/);
});

test('transpositions by tiles and by index are the same', async () => {
  const cases: [number[], number[]][] = [
    [
      [2, 3, 33, 40],
      [0, 1, 3, 2],
    ],
    [
      [70, 9],
      [1, 0],
    ],
    [
      [2, 5, 8, 12],
      [0, 3, 1, 2],
    ], // NHWC to NCHW: (5 · 8) x 12
    [
      [2, 12, 5, 8],
      [0, 2, 3, 1],
    ],
    [
      [9, 4, 10],
      [2, 0, 1],
    ],
  ];
  for (const [shape, order] of cases) {
    const x = randomInput(shape);
    const [tiles, index] = permuteFamily.variants.map(({ name }) =>
      withVariant('permute', name, () => permute(tensor(x.values, x.shape), order)),
    ) as [Tensor, Tensor];
    equal([...(await tiles.floats())], [...(await index.floats())], String(shape));
  }
  throws(
    () => withVariant('permute', 'tiles', () => permute(zeros([2, 3, 4]), [1, 0, 2])),
    /permute: tiles cannot compute a permutation that is no transposition: only for transpositions/,
  );
  ok(transpositionOf([2, 3, 4], [0, 2, 1]));
  is(transpositionOf([2, 3, 4], [1, 0, 2]), undefined, 'rows of four change places, elements do not');
  is(transpositionOf([2, 3, 4], [0, 1, 2]), undefined);
});

test.run();
