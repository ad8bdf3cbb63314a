/**
 * @file A wrong call is an error of that call: it names the op, what came and what was expected, and the device
 * computes on.
 */
import {
  arcMargin,
  autocast,
  cast,
  checkpoint,
  clamp,
  concat,
  cosMargin,
  crossEntropy,
  expand,
  full,
  gatherRows,
  grad,
  l1Loss,
  leakyRelu,
  max,
  mean,
  mseLoss,
  oneHot,
  ones,
  padZero,
  permute,
  prelu,
  RandomState,
  reshape,
  slice,
  softmax,
  sum,
  type Tensor,
  tensor,
  transpose,
  variance,
  where,
  zeros,
} from '@visage/tensor';
import { empty, sumRows, sumTo } from '@visage/tensor/kernels';
import { equal, is } from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { any, type Mistake, refusesEach } from '../helpers/mistakes.ts';

const { test, gpu } = await gpuSuite('mistakes');

const bystander = tensor([1, 2]);
const image = ones([1, 5, 5, 4]);
const matrix = ones([2, 4]);
const four = ones([4]);
const labels = (...values: number[]) => tensor(values, [values.length], { dtype: 'u32' });
const random = new RandomState(7);
const MISTAKES: readonly Mistake[] = [
  [
    'bounds in the wrong order',
    () => clamp(four, 2, 1),
    /^clamp: low is 2, expected a number of at most high, which is 1/,
  ],
  ['a bound that is no number', () => clamp(four, 0, Number.NaN), /^clamp: high is NaN/],
  ['a slope left out', () => leakyRelu(four, any(undefined)), /^leakyRelu: slope is undefined/],
  ['slopes of other channels', () => prelu(image, ones([3])), /^prelu: w is \[3\], expected \[1\] or \[4\]/],
  ['numbers in place of a mask', () => where(any([1, 0]), four, four), /^where: mask is \[1, 0\], expected a tensor/],
  // Tensors without elements, wherever they could come from.
  ['no values', () => tensor([]), /^tensor: shape is \[0\].*Tensors without elements are not built/],
  ['an extent of 0', () => tensor([], [0, 3]), /^tensor: shape is \[0, 3\]/],
  ['zeros of nothing', () => zeros([2, 0]), /^zeros: shape is \[2, 0\]/],
  ['full of nothing', () => full([0], 1), /^full: shape is \[0\]/],
  ['a slice of nothing', () => slice(matrix, 0, 1, 1), /^slice: range is 1…1, expected 0 ≤ start < end ≤ 2/],
  ['reshaping to nothing', () => reshape(matrix, [0, -1]), /^reshape: shape is \[0, -1\]/],
  ['expanding to nothing', () => expand(ones([1]), [0]), /^expand: shape is \[0\]/],
  ['random numbers for nothing', () => random.uniform([0]), /^uniform: shape is \[0\]/],
  ['memory for nothing', () => empty(gpu, [0]), /^empty: shape is \[0\]/],
  ['a gather of none', () => gatherRows(matrix, labels()), /^tensor: shape is \[0\]/],
  // Values.
  [
    'a fraction as an integer',
    () => tensor([1.5], [1], { dtype: 'i32' }),
    /^tensor: values\[0\] is 1.5, expected an integer/,
  ],
  [
    'a negative unsigned number',
    () => tensor([0, -1], [2], { dtype: 'u32' }),
    /values\[1\] is -1, expected an integer from 0/,
  ],
  [
    'a byte above 255',
    () => tensor([256], [1], { dtype: 'u8' }),
    /values\[0\] is 256, expected an integer from 0 to 255/,
  ],
  ['nested lists', () => tensor(any([[1, 2]]), [2]), /^tensor: values\[0\] is \[1, 2\], expected a number/],
  ['doubles', () => tensor(any(new Float64Array(2))), /^tensor: values is Float64Array\(2\), expected .*Float32Array/],
  ['an element type of PyTorch', () => tensor([1], [1], { dtype: any('float32') }), /^tensor: dtype is 'float32'/],
  ['a cast to no type', () => cast(four, any('half')), /^cast: dtype is 'half', expected 'f32' or 'f16'/],
  ['an extent that is no integer', () => zeros([1.5]), /^zeros: shape is \[1.5\]/],
  ['a number as a shape', () => zeros(any(3)), /^zeros: shape is 3, expected a list/],
  ['autocast to no type', () => autocast(any('float16'), () => 1), /^autocast: type is 'float16'/],
  // Axes and shapes.
  [
    'an axis behind the last',
    () => concat([matrix, matrix], 2),
    /^concat: axis is 2, expected an integer from -2 to 1/,
  ],
  ['an axis before the first', () => concat([matrix, matrix], -3), /^concat: axis is -3/],
  ['no axis', () => concat([matrix, matrix], any(undefined)), /^concat: axis is undefined/],
  ['an axis twice', () => sum(matrix, [0, 0]), /^sum: axes is \[0, 0\], expected each axis once/],
  ['one axis by two names', () => mean(matrix, [1, -1]), /^mean: axes is \[1, -1\], expected each axis once/],
  ['half an axis', () => max(matrix, 0.5), /^max: axis is 0.5/],
  ['an axis of a scalar', () => variance(ones([]), 0), /^variance: axis is 0, expected an axis, and a tensor of one/],
  [
    'options in place of keepDims',
    () => sum(matrix, 0, any({ keepDims: true })),
    /^sum: keepDims is \{ keepDims: true \}/,
  ],
  ['softmax over no axis', () => softmax(matrix, 2), /^softmax: axis is 2/],
  ['softmax over two axes', () => softmax(matrix, any([0, 1])), /^softmax: axis is \[0, 1\]/],
  ['a slice along no axis', () => slice(matrix, -3, 0, 1), /^slice: axis is -3/],
  ['a slice to the end by -1', () => slice(matrix, 0, 0, -1), /^slice: range is 0…-1/],
  ['an axis in two places', () => permute(matrix, [0, 0]), /^permute: order is \[0, 0\]/],
  ['the transpose of images', () => transpose(image), /^transpose: x is \[1, 5, 5, 4\], expected a matrix/],
  ['half a pixel of zeros', () => padZero(image, 1, 0.5, 0), /^padZero: before is 0.5/],
  ['two extents left open', () => reshape(matrix, [-1, -1]), /^reshape: shape is \[-1, -1\].*one of which may be -1/],
  ['two negative extents', () => reshape(four, [-2, -2]), /^reshape: shape is \[-2, -2\]/],
  ['another number of elements', () => reshape(four, [3]), /^reshape: shape is \[3\], expected 4 elements/],
  ['a sum to what it is not broadcast from', () => sumTo(matrix, [3]), /^sumTo: shapes is \[3\] and \[2, 4\]/],
  ['a part of another shape', () => concat([matrix, four], 0), /^concat: parts\[1\] is Tensor\(f32\[4\]\)/],
  ['shapes that do not broadcast', () => matrix.add(ones([3])), /^add: shapes is \[2, 4\] and \[3\]/],
  [
    'integers in arithmetic',
    () => four.add(labels(1, 2, 3, 4)),
    /^add: b's dtype is u32, expected f32 or f16. Use cast/,
  ],
  // Labels and losses.
  [
    'labels of floats',
    () => crossEntropy(matrix, ones([2])),
    /^crossEntropy: labels's dtype is f32, expected i32 or u32/,
  ],
  [
    'labels for other rows',
    () => crossEntropy(matrix, labels(0, 1, 2)),
    /^crossEntropy: labels is \[3\], expected \[2\]/,
  ],
  [
    'label smoothing',
    () => crossEntropy(matrix, labels(0, 1), any({ labelSmoothing: 0.1 })),
    /further argument is \{ labelSmoothing/,
  ],
  [
    'a reduction',
    () => mseLoss(matrix, matrix, any('sum')),
    /^mseLoss: a further argument is 'sum', expected a and b alone/,
  ],
  ['a loss of two shapes', () => l1Loss(matrix, four), /^l1Loss: b is \[4\], expected \[2, 4\]/],
  ['a loss of integers', () => mseLoss(labels(1), labels(1)), /^mseLoss: a's dtype is u32/],
  ['labels of a margin', () => arcMargin(matrix, ones([4, 4]), ones([2])), /^arcMargin: labels's dtype is f32/],
  ['a margin in degrees', () => arcMargin(matrix, ones([4, 4]), labels(0, 1), { margin: 30 }), /margin is 30.*radians/],
  [
    'a margin by another name',
    () => cosMargin(matrix, ones([4, 4]), labels(0, 1), any({ m: 0.3 })),
    /^cosMargin: option 'm'/,
  ],
  ['half a class', () => oneHot(labels(0), 1.5), /^oneHot: classes is 1.5/],
  ['an index of floats', () => gatherRows(matrix, ones([2])), /^gatherRows: index's dtype is f32/],
  ['rows of a scalar', () => gatherRows(ones([]), labels(0)), /^gatherRows: table is \[\]/],
  // Everything else.
  [
    'uniform numbers downwards',
    () => random.uniform([2], 1, 0),
    /^uniform: high is 0, expected a finite number of at least 1/,
  ],
  ['a negative deviation', () => random.normal([2], 0, -1), /^normal: std is -1/],
  ['a negative seed', () => new RandomState(-1), /^RandomState: seed is -1/],
  [
    'one tensor in place of a list',
    () => grad(sum(four), any(four)),
    /^grad: xs is Tensor\(f32\[4\]\), expected a list/,
  ],
  ['an option of PyTorch', () => grad(sum(four), [four], any({ retainGraph: true })), /^grad: option 'retainGraph'/],
  [
    'gradients for other outputs',
    () => grad(four, [four], { gradOutputs: [] }),
    /^grad: gradOutputs is 0 tensors, expected 1/,
  ],
  [
    'a block that gives a list',
    () =>
      checkpoint(
        any(() => [four]),
        [four],
      ),
    /^checkpoint: the result of fn is \[Tensor/,
  ],
];

refusesEach(test, MISTAKES, async () => {
  equal([...(await bystander.add(1).floats())], [2, 3], 'the device computes on');
});

test('labels outside the classes make rows of NaN, and no other row is read', async () => {
  const wrong = labels(1, 4);
  const isNaNs = async (x: Tensor) => [...(await x.floats())].map(Number.isNaN);
  equal(await isNaNs(oneHot(wrong, 2)), [false, false, true, true]);
  equal(await isNaNs(gatherRows(ones([2, 2]), wrong)), [false, false, true, true]);
  equal(await isNaNs(crossEntropy(matrix, wrong)), [true]);
  equal(await isNaNs(arcMargin(matrix, ones([4, 2]), wrong)), [false, false, true, true]);
  equal(await isNaNs(cosMargin(matrix, ones([4, 2]), wrong)), [false, false, true, true]);
  equal(await isNaNs(sumRows(ones([2, 2]), wrong, 3)), Array(6).fill(true));
  is((await sumRows(ones([2, 1]), labels(1, 1), 2).floats())[1], 2);
});

test.run();
