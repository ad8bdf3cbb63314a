/**
 * @file A right call of every function of `@visage/tensor`, and of those of `@visage/tensor/kernels` that check their
 * arguments: tests make them wrong, one argument at a time.
 */
import { currentGpu } from '@visage/gpu';
import * as t from '@visage/tensor';
import * as kernels from '@visage/tensor/kernels';

/** A function and arguments that it takes. */
export interface Call {
  call(...args: readonly unknown[]): unknown;
  readonly args: readonly unknown[];
}

type Fn = (...args: never[]) => unknown;

const of = (fn: Fn, ...args: readonly unknown[]): Call => ({
  call: (...given) => (fn as (...all: readonly unknown[]) => unknown)(...given),
  args,
});

/** The same arguments for several functions. */
const each = (functions: Readonly<Record<string, Fn>>, ...args: readonly unknown[]): Record<string, Call> =>
  Object.fromEntries(Object.entries(functions).map(([name, fn]) => [name, of(fn, ...args)]));

/** The calls, on the current device. */
export const validCalls = (): Readonly<Record<string, Call>> => ({
  ...pointwiseCalls(),
  ...imageCalls(),
  ...restOfCalls(),
});

function pointwiseCalls(): Record<string, Call> {
  const [matrix, four] = [t.ones([2, 4]), t.ones([4])];
  const { abs, cos, exp, log, neg, reciprocal, relu, relu6, rsqrt, sigmoid, sign, sin, softplus, sqrt, square, tanh } =
    t;
  const { add, div, equal, greater, greaterEqual, less, lessEqual, maximum, minimum, mul, sub } = t;
  const { copy, hingeFake, hingeGenerator, hingeReal, keep, l1Loss, mseLoss, onesLike, transpose } = t;
  return {
    ...each({ abs, cos, exp, log, neg, reciprocal, relu, relu6, rsqrt, sigmoid, sign, sin }, matrix),
    ...each({ softplus, sqrt, square, tanh, copy, keep, onesLike, transpose }, matrix),
    ...each({ hingeFake, hingeGenerator, hingeReal }, matrix),
    ...each({ add, div, equal, greater, greaterEqual, less, lessEqual, maximum, minimum, mul, sub }, matrix, four),
    ...each({ l1Loss, mseLoss }, matrix, matrix),
    addAll: of(kernels.addAll, [matrix, matrix]),
    addPrelu: of(kernels.addPrelu, matrix, matrix, four),
    cast: of(t.cast, matrix, 'f16'),
    clamp: of(t.clamp, matrix, 0, 1),
    leakyRelu: of(t.leakyRelu, matrix, 0.1),
    prelu: of(t.prelu, matrix, four),
    weightedSum: of(t.weightedSum, [matrix, matrix], [1, 2]),
    where: of(t.where, matrix, matrix, matrix),
  };
}

function imageCalls(): Record<string, Call> {
  const image = t.ones([1, 4, 4, 4]);
  const four = t.ones([4]);
  const conv = { weight: t.ones([1, 1, 4, 4]), offset: four };
  const gate = { w1: t.ones([4, 2]), b1: t.ones([2]), slope: t.ones([1]), w2: t.ones([2, 4]), b2: t.ones([4]) };
  const { avgPool2d, conv2d, convTranspose2d, maxPool2d } = t;
  return {
    ...each({ avgPool2d, maxPool2d }, image, { kernel: 2 }),
    ...each({ conv2d, convTranspose2d }, image, conv.weight, four, { padding: 0 }),
    adain: of(t.adain, image, t.ones([1, 8]), { relu: true }),
    batchNorm: of(t.batchNorm, image, four, four, t.ones([4]), t.ones([4]), { train: true }),
    instanceNorm: of(t.instanceNorm, image, 1e-5),
    offsetConv: of(kernels.offsetConv, image, conv, four),
    pad2d: of(t.pad2d, image, 1, 'zero'),
    pixelShuffle: of(t.pixelShuffle, image, 2),
    residualBlock: of(kernels.residualBlock, image, { conv1: conv, slope: four, conv2: conv }),
    resize: of(t.resize, image, [8, 8], 'bilinear', false),
    squeezeExcitation: of(kernels.squeezeExcitation, image, gate, image, t.ones([1])),
    translate: of(t.translate, image, t.ones([1, 2])),
    unitNormPenalty: of(t.unitNormPenalty, image, 1e-8),
  };
}

function restOfCalls(): Record<string, Call> {
  const [matrix, square, four] = [t.ones([2, 4]), t.ones([4, 4]), t.ones([4])];
  const index = t.tensor([0, 1], [2], { dtype: 'u32' });
  const random = new t.RandomState(1);
  const leaf = t.ones([], { requiresGrad: true });
  const parts = { name: 'meanOf', expression: 'a', inputs: [matrix], gradients: ['g'], composed: t.mean };
  const {
    arcMargin,
    autocasting,
    cosMargin,
    enableGrad,
    halfPrecision,
    logSoftmax,
    max,
    mean,
    noGrad,
    ones,
    record,
    scope,
  } = t;
  const { softmax, sum, variance, zeros } = t;
  return {
    ...each({ sum, mean, variance, max }, matrix, 0, true),
    ...each({ softmax, logSoftmax }, matrix, 1),
    ...each({ scope, noGrad, enableGrad, record }, () => 1),
    ...each({ zeros, ones }, [2], {}),
    ...each({ arcMargin, cosMargin }, matrix, square, index, {}),
    assign: of(t.assign, t.ones([2, 4]), matrix),
    ...each({ autocasting, halfPrecision }, currentGpu()),
    gradEnabled: of(t.gradEnabled),
    autocast: of(t.autocast, 'f32', () => 1),
    backward: of(t.backward, leaf, {}),
    checkpoint: of(t.checkpoint, (x: t.Tensor) => x, [matrix]),
    concat: of(t.concat, [matrix, matrix], 0),
    cosineSimilarity: of(t.cosineSimilarity, matrix, matrix, 1, 1e-8),
    crossEntropy: of(t.crossEntropy, matrix, index),
    dim: of((axis: number) => matrix.dim(axis), 0),
    empty: of(kernels.empty, currentGpu(), [2], 'f32'),
    expand: of(t.expand, four, [2, 4]),
    fileRow: of(kernels.fileRow, t.ones([3, 2]), t.tensor([0], [1], { dtype: 'u32' }), t.ones([2])),
    full: of(t.full, [2], 1, {}),
    gatherRows: of(t.gatherRows, matrix, index),
    grad: of(t.grad, leaf, [leaf], {}),
    l2Normalize: of(t.l2Normalize, matrix, 1, 1e-8),
    linear: of(t.linear, matrix, square, four),
    linears: of(kernels.linears, matrix, [{ weight: square, bias: four }]),
    matmul: of(t.matmul, matrix, square, {}),
    meanOf: of(kernels.meanOf, parts),
    normal: of((...args: Parameters<t.RandomState['normal']>) => random.normal(...args), [2], 0, 1),
    oneHot: of(t.oneHot, index, 3),
    padZero: of(t.padZero, matrix, 0, 1, 1),
    permute: of(t.permute, matrix, [1, 0]),
    RandomState: of((seed: number) => new t.RandomState(seed), 1),
    reshape: of(t.reshape, matrix, [4, 2]),
    slice: of(t.slice, matrix, 0, 0, 1),
    sumRows: of(kernels.sumRows, matrix, index, 3),
    sumTo: of(kernels.sumTo, matrix, [4]),
    tensor: of(t.tensor, [1, 2], [2], {}),
    uniform: of((...args: Parameters<t.RandomState['uniform']>) => random.uniform(...args), [2], 0, 1),
    write: of((data: Float32Array) => matrix.write(data), new Float32Array(8)),
    packedZeros: of(kernels.packedZeros, [[2]], currentGpu()),
  };
}
