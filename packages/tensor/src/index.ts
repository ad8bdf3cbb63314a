/**
 * @file What users of tensors call: tensors, ops, gradients, random numbers and mixed precision.
 *
 * Kernel writers, benchmarks and tools find what they need beside it, in `@visage/tensor/kernels`. The rooms of this
 * package, in import order (a room imports only from the rooms above it):
 *
 *   core/         tensors, shapes, element types, scopes, autograd, and elementwise kernels without gradients
 *   reduce/       kernels that add up rows, and the choice of how many threads share a sum
 *   elementwise/  ops that treat every element alike, their broadcasting, reductions, and ops that move elements
 *   random/       counter-based random numbers, and checkpoints that draw the same numbers twice
 *   losses/       losses, softmax and cosine similarity
 *   norm/         instance norm, AdaIN and batch norm on the same kernels
 *   gemm/         matrix products: loaders, multiplies, epilogues and the choice among them
 *   image/        resizing, pooling, translation and pixel shuffle
 *   conv/         convolutions, by implicit GEMM, Winograd and kernels for few channels
 *   frozen/       blocks that only a frozen network runs, several layers in one launch
 *   tuning/       measures the variants of kernels on this device and remembers the fastest
 */
import './methods.ts';

export { type ConvTranspose2dOptions, conv2d, convTranspose2d } from './conv/conv2d.ts';
export type { Conv2dOptions, PaddingMode } from './conv/geometry.ts';
export { pad2d } from './conv/padding.ts';
export { backward, enableGrad, type GradOptions, grad, gradEnabled, noGrad } from './core/autograd.ts';
export type { DType, HostArray } from './core/dtype.ts';
export { keep, record, scope } from './core/scope.ts';
export type { Shape } from './core/shape.ts';
export type { FloatType } from './core/storage.ts';
export { Tensor } from './core/tensor.ts';
export type { Activation } from './elementwise/activation.ts';
export {
  add,
  div,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  maximum,
  minimum,
  mul,
  neg,
  type Operand,
  sub,
  weightedSum,
  where,
} from './elementwise/arithmetic.ts';
export { autocast, autocasting, halfPrecision } from './elementwise/autocast.ts';
export { expand } from './elementwise/broadcast.ts';
export { cast } from './elementwise/cast.ts';
export { type CreateOptions, full, ones, onesLike, tensor, zeros } from './elementwise/create.ts';
export { gatherRows, oneHot } from './elementwise/indexing.ts';
export { max, mean, sum, variance } from './elementwise/reduce.ts';
export { reshape } from './elementwise/reshape.ts';
export { assign, concat, copy, padZero, permute, slice, transpose } from './elementwise/shape.ts';
export {
  abs,
  clamp,
  cos,
  exp,
  leakyRelu,
  log,
  prelu,
  reciprocal,
  relu,
  relu6,
  rsqrt,
  sigmoid,
  sign,
  sin,
  softplus,
  sqrt,
  square,
  tanh,
} from './elementwise/unary.ts';
export { type ArcMarginOptions, arcMargin, cosMargin, type MarginOptions } from './gemm/margin.ts';
export { linear, type MatmulOptions, matmul } from './gemm/matmul.ts';
export { pixelShuffle } from './image/pixelShuffle.ts';
export { type AvgPoolOptions, avgPool2d, maxPool2d, type PoolOptions } from './image/pool.ts';
export { type ResizeMode, resize, type Size } from './image/resize.ts';
export { translate } from './image/translate.ts';
export { hingeFake, hingeGenerator, hingeReal, l1Loss, mseLoss } from './losses/loss.ts';
export { cosineSimilarity, l2Normalize } from './losses/similarity.ts';
export { crossEntropy, logSoftmax, softmax } from './losses/softmax.ts';
export { unitNormPenalty } from './losses/unitNorm.ts';
export { type AdainOptions, adain } from './norm/adain.ts';
export { type BatchNormOptions, batchNorm } from './norm/batchNorm.ts';
export { instanceNorm } from './norm/instanceNorm.ts';
export { checkpoint } from './random/checkpoint.ts';
export { RandomState } from './random/random.ts';
