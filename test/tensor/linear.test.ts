/** @file Finite differences of matrix products and convolutions; gemm.test.ts holds the kernel variants together. */
import { conv2d, convTranspose2d, leakyRelu, linear, matmul, relu, type Tensor, tanh, tensor } from '@visage/tensor';
import { equal, throws } from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { gradcheck, type HostTensor, randomInput } from '../helpers/gradcheck.ts';

const { test } = await gpuSuite('matrix products and convolutions');

type Fn = (...xs: Tensor[]) => Tensor;
type Case = [Fn, HostTensor[]];
const matrix = (m: number, n: number, seed = 1) => randomInput([m, n], { seed, scale: 0.5 });
const weight = (kh: number, kw: number, ci: number, co: number) =>
  randomInput([kh, kw, ci, co], { seed: 2, scale: (kh * kw * ci) ** -0.5 });
const bias = (co: number) => randomInput([co], { seed: 3 });

const SMALL: Record<string, Case> = {};
for (const transposeA of [false, true]) {
  for (const transposeB of [false, true]) {
    SMALL[`matmul${transposeA ? ', aᵀ' : ''}${transposeB ? ', bᵀ' : ''}`] = [
      (a, b) => matmul(a!, b!, { transposeA, transposeB }),
      [transposeA ? matrix(5, 7) : matrix(7, 5), transposeB ? matrix(6, 5, 2) : matrix(5, 6, 2)],
    ];
  }
}
SMALL.linear = [(x, w, b) => linear(x!, w!, b!), [matrix(3, 5), matrix(5, 8, 2), bias(8)]];
for (const paddingMode of ['zero', 'reflect', 'replicate'] as const) {
  SMALL[`conv2d 3×3 ${paddingMode}`] = [
    (x, w, b) => conv2d(x!, w!, b, { padding: 1, paddingMode }),
    [randomInput([2, 4, 5, 3]), weight(3, 3, 3, 4), bias(4)],
  ];
}
for (const [name, activation] of Object.entries({
  relu: 'relu',
  tanh: 'tanh',
  'leaky ReLU': { leakyRelu: 0.2 },
} as const)) {
  SMALL[`conv2d with ${name}`] = [
    (x, w, b) => conv2d(x!, w!, b, { activation }),
    [randomInput([1, 3, 3, 4]), weight(2, 2, 4, 4), randomInput([4], { seed: 3, shift: 2 })],
  ];
}
SMALL['conv2d 4×4 step 2, 41×3'] = [
  (x, w) => conv2d(x!, w!, undefined, { stride: 2, padding: 1 }),
  [randomInput([1, 41, 3, 2]), weight(4, 4, 2, 3)],
];
SMALL['conv2d 3×3 step 2, 47×5'] = [
  (x, w) => conv2d(x!, w!, undefined, { stride: 2, padding: 1 }),
  [randomInput([1, 47, 5, 4]), weight(3, 3, 4, 4)],
];
SMALL['conv2d 7×7 reflect, 55×4'] = [
  (x, w) => conv2d(x!, w!, undefined, { padding: 3, paddingMode: 'reflect' }),
  [randomInput([1, 55, 4, 1]), weight(7, 7, 1, 2)],
];
SMALL['conv2d 1×1 step 2'] = [
  (x, w) => conv2d(x!, w!, undefined, { stride: 2 }),
  [randomInput([2, 5, 5, 4]), weight(1, 1, 4, 3)],
];
SMALL['conv2d in two groups'] = [
  (x, w) => conv2d(x!, w!, undefined, { padding: 1, groups: 2 }),
  [randomInput([1, 5, 4, 4]), weight(3, 3, 2, 6)],
];
SMALL['conv2d depthwise'] = [
  (x, w) => conv2d(x!, w!, undefined, { padding: 1, stride: 2, groups: 4 }),
  [randomInput([1, 7, 5, 4]), weight(3, 3, 1, 4)],
];
SMALL['convTranspose2d 4×4 step 2'] = [
  (x, w, b) => convTranspose2d(x!, w!, b, { stride: 2, padding: 1 }),
  [randomInput([1, 4, 3, 3]), weight(4, 4, 2, 3), bias(2)],
];
SMALL['convTranspose2d in two groups'] = [
  (x, w, b) => convTranspose2d(x!, w!, b, { stride: 2, padding: 1, groups: 2 }),
  [randomInput([1, 3, 4, 4]), weight(3, 3, 3, 4), bias(6)],
];

for (const [name, [fn, inputs]] of Object.entries(SMALL)) {
  test(name, async () => {
    await gradcheck(fn, inputs);
    await gradcheck(fn, inputs, { order: 2 });
  });
}
test('values by hand', async () => {
  equal([...(await matmul(tensor([1, 2, 3, 4], [2, 2]), tensor([5, 6, 7, 8], [2, 2])).floats())], [19, 22, 43, 50]);
  const x = tensor([1, 2, 3, 4], [1, 2, 2, 1]);
  equal([...(await conv2d(x, tensor([1, 10, 100, 1000], [2, 2, 1, 1])).floats())], [4321]);
  equal(
    [...(await conv2d(x, tensor([1, 1, 1], [1, 3, 1, 1]), undefined, { padding: 1 }).floats())].slice(2, 6),
    [3, 3, 7, 7],
  );
});

test('an activation is the one of the same name', async () => {
  const [x, w] = [randomInput([2, 5, 4, 3]), weight(3, 3, 3, 5)].map(({ values, shape }) => tensor(values, shape)) as [
    Tensor,
    Tensor,
  ];
  for (const [activation, op] of [
    ['relu', relu],
    ['tanh', tanh],
    [{ leakyRelu: 0.2 }, (y: Tensor) => leakyRelu(y, 0.2)],
  ] as const) {
    for (const groups of [1, 3]) {
      const weights = groups === 1 ? w : tensor(weight(3, 3, 1, 6).values, [3, 3, 1, 6]);
      const got = await conv2d(x, weights, undefined, { padding: 1, groups, activation }).floats();
      equal([...got], [...(await op(conv2d(x, weights, undefined, { padding: 1, groups })).floats())]);
    }
  }
  throws(() => conv2d(x, w, undefined, { activation: { leakyRelu: -1 } }), /conv2d: leakyRelu is -1, expected a slope/);
});

test('messages name the op, the argument and what was expected', () => {
  const x = tensor(new Float32Array(8), [1, 2, 2, 2]);
  throws(() => matmul(tensor([1, 2], [1, 2]), tensor([1, 2], [1, 2])), /matmul: shapes is \[1, 2\] · \[1, 2\]/);
  throws(() => linear(tensor([1, 2], [1, 2]), tensor([1, 2], [1, 2])), /linear: w is \[1, 2\], expected \[2, \*\]/);
  throws(() => linear(tensor(Int32Array.of(1, 2), [1, 2]), tensor([1, 2], [2, 1])), /linear: x's dtype is i32/);
  throws(() => conv2d(x, tensor(new Float32Array(9), [3, 3, 1, 1])), /conv2d: /);
  throws(() => conv2d(x, tensor(new Float32Array(18), [3, 3, 2, 1])), /conv2d: /);
  const w = tensor(new Float32Array(8), [2, 2, 1, 2]);
  throws(
    () => conv2d(x, tensor(new Float32Array(4), [1, 1, 2, 2]), tensor(Uint32Array.of(1, 2))),
    /bias's dtype is u32/,
  );
  throws(() => convTranspose2d(x, w, tensor([1, 2])), /convTranspose2d: bias is \[2\], expected \[1\]/);
  throws(() => convTranspose2d(x, w, undefined, { padding: 2 }), /convTranspose2d: padding is 2/);
});

test.run();
