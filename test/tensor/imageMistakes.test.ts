/** @file Wrong calls of convolutions, pooling, resizing, norms and products; see mistakes.test.ts. */
import {
  avgPool2d,
  batchNorm,
  conv2d,
  convTranspose2d,
  cosineSimilarity,
  instanceNorm,
  l2Normalize,
  linear,
  matmul,
  maxPool2d,
  ones,
  pad2d,
  pixelShuffle,
  resize,
  tensor,
} from '@visage/tensor';
import { equal } from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { any, type Mistake, refusesEach } from '../helpers/mistakes.ts';

const { test } = await gpuSuite('mistakes with images and matrices');

const bystander = tensor([1, 2]);
const image = ones([1, 5, 5, 4]);
const weight = ones([3, 3, 4, 4]);
const matrix = ones([2, 4]);
const four = ones([4]);

const MISTAKES: readonly Mistake[] = [
  [
    'weights of other channels',
    () => conv2d(image, ones([3, 3, 3, 4])),
    /^conv2d: w is \[3, 3, 3, 4\], expected channels in 4/,
  ],
  [
    'options in place of the bias',
    () => conv2d(image, weight, any({ stride: 2 })),
    /^conv2d: bias is \{ stride: 2 \}, expected a tensor/,
  ],
  ['a stride of a half', () => conv2d(image, weight, undefined, { stride: 0.5 }), /^conv2d: stride is 0.5/],
  [
    'a stride for each direction',
    () => conv2d(image, weight, undefined, { stride: any([2, 2]) }),
    /stride is \[2, 2\].*one number/,
  ],
  [
    'padding that is no number',
    () => conv2d(image, weight, undefined, { padding: Number.NaN }),
    /^conv2d: padding is NaN/,
  ],
  [
    'padding of PyTorch',
    () => conv2d(image, weight, undefined, { padding: any('same') }),
    /^conv2d: padding is 'same'/,
  ],
  ['half a group', () => conv2d(image, ones([3, 3, 8, 4]), undefined, { groups: 0.5 }), /^conv2d: groups is 0.5/],
  [
    'a padding mode of PyTorch',
    () => conv2d(image, weight, undefined, { paddingMode: any('circular') }),
    /paddingMode is 'circular'/,
  ],
  [
    'an activation of another name',
    () => conv2d(image, weight, undefined, { activation: any('gelu') }),
    /activation is 'gelu'/,
  ],
  [
    'an activation of an object',
    () => conv2d(image, weight, undefined, { activation: any({ elu: 1 }) }),
    /activation is \{ elu: 1 \}/,
  ],
  [
    'a negative slope',
    () => conv2d(image, weight, undefined, { activation: { leakyRelu: -1 } }),
    /^conv2d: leakyRelu is -1/,
  ],
  [
    'dilation',
    () => conv2d(image, weight, undefined, any({ dilation: 2 })),
    /option 'dilation' is 2, expected only .*not built/,
  ],
  [
    'output padding',
    () => convTranspose2d(image, weight, undefined, any({ outputPadding: 1 })),
    /'outputPadding'.*not built; take/,
  ],
  [
    'transposed groups',
    () => convTranspose2d(image, weight, undefined, { groups: 0 }),
    /^convTranspose2d: groups is 0/,
  ],
  [
    'ceiling',
    () => maxPool2d(image, any({ kernel: 2, ceilMode: true })),
    /^maxPool2d: option 'ceilMode' is true.*not built/,
  ],
  ['a window in place of options', () => maxPool2d(image, any(2)), /^maxPool2d: options is 2, expected an object/],
  ['a window of two sides', () => avgPool2d(image, { kernel: any([2, 2]) }), /^avgPool2d: kernel is \[2, 2\]/],
  [
    'more padding than half a window',
    () => maxPool2d(image, { kernel: 2, padding: 2 }),
    /padding is 2.*half the kernel/,
  ],
  [
    'padding by a mode of PyTorch',
    () => pad2d(image, 1, any('circular')),
    /^pad2d: mode is 'circular', expected 'zero'/,
  ],
  [
    'a mirror beyond the image',
    () => pad2d(image, 5, 'reflect'),
    /^pad2d: padding is 5, expected an integer from 0 to 4/,
  ],
  ['a size in place of two', () => resize(image, any(8)), /^resize: size is 8, expected two positive integers/],
  ['a mode that objects inherit', () => resize(image, [8, 8], any('toString')), /^resize: mode is 'toString'/],
  ['corners of nearest', () => resize(image, [8, 8], 'nearest', true), /^resize: alignCorners is true, expected false/],
  ['channels that do not divide', () => pixelShuffle(image, 3), /^pixelShuffle: factor is 3/],
  // Norms and vectors.
  [
    'options in place of eps',
    () => instanceNorm(image, any({ eps: 1e-5 })),
    /^instanceNorm: eps is \{ eps: 0.00001 \}/,
  ],
  ['a negative eps', () => instanceNorm(image, -1), /^instanceNorm: eps is -1/],
  [
    'neither training nor evaluation',
    () => batchNorm(image, four, four, ones([4]), ones([4]), any({})),
    /^batchNorm: train is undefined/,
  ],
  [
    'a momentum above 1',
    () => batchNorm(image, four, four, ones([4]), ones([4]), { train: true, momentum: 2 }),
    /momentum is 2/,
  ],
  ['an eps whose square is 0', () => l2Normalize(matrix, 1, 1e-30), /^l2Normalize: eps is 1e-30/],
  ['vectors of other length', () => cosineSimilarity(matrix, ones([2, 3])), /^cosineSimilarity: b is \[2, 3\]/],
  ['inner extents', () => matmul(matrix, matrix), /^matmul: shapes is \[2, 4\] · \[2, 4\]/],
  [
    'a transpose by another name',
    () => matmul(matrix, matrix, any({ transpose: true })),
    /^matmul: option 'transpose' is true/,
  ],
  ['a bias of other length', () => linear(matrix, ones([4, 3]), ones([4])), /^linear: bias is \[4\], expected \[3\]/],
];

refusesEach(test, MISTAKES, async () => {
  equal([...(await bystander.add(1).floats())], [2, 3], 'the device computes on');
});

test.run();
