import {
  arcMargin,
  cosineSimilarity,
  cosMargin,
  crossEntropy,
  gatherRows,
  hingeFake,
  hingeGenerator,
  hingeReal,
  l1Loss,
  l2Normalize,
  logSoftmax,
  mseLoss,
  oneHot,
  softmax,
  type Tensor,
  tensor,
  unitNormPenalty,
  weightedSum,
} from '@visage/tensor';
import { sumRows } from '@visage/tensor/kernels';
import { equal, ok, throws } from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { gradcheck, type HostTensor, randomInput } from '../helpers/gradcheck.ts';

const { test } = await gpuSuite('indexing, softmax, similarity, losses, margins');

type Fn = (...xs: Tensor[]) => Tensor;
const labels = () => tensor(Int32Array.of(2, 0, 4, 2));
const wide = (seed = 1) => randomInput([4, 5], { seed, scale: 2 });
const away = () => randomInput([3, 5], { away: 0.3, scale: 0.3 });

const CASES: Record<string, [Fn, HostTensor[]]> = {
  gatherRows: [(t) => gatherRows(t!, labels()), [randomInput([6, 3])]],
  sumRows: [(r) => sumRows(r!, labels(), 6), [randomInput([4, 3])]],
  unitNormPenalty: [(x) => unitNormPenalty(x!, 1e-12), [randomInput([3, 2, 5, 3], { shift: 1 })]],
  'weightedSum of more terms than a kernel takes': [
    (...xs) => weightedSum([...xs, ...xs, ...xs] as Tensor[], [0.3, -0.5, 0.4, 0.2, 0.1, 0.25]),
    [randomInput([3, 4]), randomInput([3, 4], { seed: 2 })],
  ],
  'softmax, last axis': [(x) => softmax(x!), [wide()]],
  'softmax, middle axis': [(x) => softmax(x!, 1), [randomInput([2, 3, 4])]],
  logSoftmax: [(x) => logSoftmax(x!), [wide()]],
  crossEntropy: [(x) => crossEntropy(x!, labels()), [wide()]],
  l2Normalize: [(x) => l2Normalize(x!), [wide()]],
  'l2Normalize, first axis': [(x) => l2Normalize(x!, 0), [wide()]],
  cosineSimilarity: [(a, b) => cosineSimilarity(a!, b!), [wide(), wide(2)]],
  mseLoss: [(a, b) => mseLoss(a!, b!), [wide(), wide(2)]],
  l1Loss: [(a, b) => l1Loss(a!, b!), [{ ...away(), values: away().values.map((v) => v + 3) }, away()]],
  hingeReal: [(x) => hingeReal(x!.add(1)), [away()]],
  hingeFake: [(x) => hingeFake(x!.sub(1)), [away()]],
  hingeGenerator: [(x) => hingeGenerator(x!), [away()]],
  arcMargin: [(x, w) => arcMargin(x!, w!, labels(), { scale: 4 }), [wide(), randomInput([5, 7], { seed: 3 })]],
  'arcMargin, easy': [
    (x, w) => arcMargin(x!, w!, labels(), { scale: 4, easyMargin: true }),
    [wide(), randomInput([5, 7], { seed: 3 })],
  ],
  cosMargin: [(x, w) => cosMargin(x!, w!, labels(), { scale: 4 }), [wide(), randomInput([5, 7], { seed: 3 })]],
};
for (const [name, [fn, inputs]] of Object.entries(CASES)) {
  test(name, async () => {
    await gradcheck(fn, inputs);
    await gradcheck(fn, inputs, { order: 2 });
  });
}

test('oneHot; labels outside the classes show as NaN', async () => {
  equal([...(await oneHot(tensor(Uint32Array.of(1, 0)), 3).floats())], [0, 1, 0, 1, 0, 0]);
  ok((await oneHot(tensor(Int32Array.of(1, -1)), 2).floats()).slice(2).every(Number.isNaN));
  ok((await gatherRows(tensor([1, 2], [2, 1]), tensor(Int32Array.of(2))).floats()).every(Number.isNaN));
  ok(Number.isNaN(await crossEntropy(tensor([1, 2], [1, 2]), tensor(Int32Array.of(2))).item()));
});

test('cross entropy of large logits stays finite', async () => {
  const loss = await crossEntropy(tensor([1000, 0, -1000, 500], [2, 2]), tensor(Int32Array.of(0, 0))).item();
  ok(Math.abs(loss - 750) < 1e-3, String(loss));
});

test('a zero vector normalises to zero, with the gradient of x / eps', async () => {
  const x = tensor([0, 0, 3, 4], [2, 2], { requiresGrad: true });
  const y = l2Normalize(x, 1, 1e-3);
  equal(
    [...(await y.floats())].map((v) => Math.round(v * 1e5) / 1e5),
    [0, 0, 0.6, 0.8],
  );
  y.sum().backward();
  equal([...(await (x.grad as Tensor).floats())].slice(0, 2).map(Math.round), [1000, 1000]);
});

test('messages name the op and the argument', () => {
  throws(() => oneHot(tensor([1, 2]), 3), /oneHot: labels's dtype is f32, expected i32 or u32/);
  throws(() => crossEntropy(tensor([1, 2], [1, 2]), labels()), /crossEntropy: labels is \[4\], expected \[1\]/);
  throws(() => l1Loss(tensor([1, 2]), tensor([1])), /l1Loss: b is \[1\], expected \[2\]/);
  throws(
    () => arcMargin(tensor([1, 2], [1, 2]), tensor([1, 2], [1, 2]), labels()),
    /arcMargin: w is \[1, 2\], expected \[2, \*\]/,
  );
  throws(() => gatherRows(tensor([1, 2], [1, 2]), tensor([1])), /gatherRows: index's dtype is f32/);
});

test.run();
