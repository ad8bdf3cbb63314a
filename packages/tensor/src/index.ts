import './methods.ts';

export { type ConvAlgorithm, type ConvPass, type ConvProblem, convFamily } from './conv/algorithms.ts';
export { type ConvTranspose2dOptions, conv2d, convTranspose2d } from './conv/conv2d.ts';
export { CONV2D_OPTIONS, type Conv2dOptions, MISSING_CONV_OPTIONS, type PaddingMode } from './conv/geometry.ts';
export { pad2d } from './conv/padding.ts';
export {
  type Backward,
  backward,
  enableGrad,
  type GradOptions,
  grad,
  gradEnabled,
  noGrad,
  type OpWatcher,
  track,
  watchOps,
} from './core/autograd.ts';
export { DTYPES, type DType, type HostArray } from './core/dtype.ts';
export { floatsFromHalf, halfBits, halfFromFloats, halfValue } from './core/float16.ts';
export { type FusedOp, fused } from './core/fused.ts';
export { launchMap, V } from './core/map.ts';
export { chooseFor, collectProblems, type MetProblem } from './core/metProblems.ts';
export { moveTogether, zerosTogether } from './core/pack.ts';
export { keep, record, scope, tensorsIn } from './core/scope.ts';
export {
  broadcastShapes,
  checkExtents,
  checkShape,
  normalizeAxes,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
  stridesOf,
} from './core/shape.ts';
export { type FloatType, promoted } from './core/storage.ts';
export { checkDType, checkTensor, empty, Tensor } from './core/tensor.ts';
export type { Activation } from './elementwise/activation.ts';
export * from './elementwise/arithmetic.ts';
export { autocast, autocasting, halfPrecision } from './elementwise/autocast.ts';
export { expand, sumTo } from './elementwise/broadcast.ts';
export { cast } from './elementwise/cast.ts';
export * from './elementwise/create.ts';
export { gather } from './elementwise/gather.ts';
export { gatherRows, oneHot, sumRows } from './elementwise/indexing.ts';
export { type MeanOf, meanOf } from './elementwise/meanOf.ts';
export { firstNonFinite } from './elementwise/nonFinite.ts';
export { flat, type Partial, pointwise } from './elementwise/pointwise.ts';
export * from './elementwise/reduce.ts';
export { reshape } from './elementwise/reshape.ts';
export * from './elementwise/shape.ts';
export * from './elementwise/unary.ts';
export { type OffsetConv, offsetConv } from './frozen/offsetConv.ts';
export { type ResidualBlock, residualBlock } from './frozen/residualBlock.ts';
export { type SqueezeGate, squeezeExcitation } from './frozen/squeezeExcitation.ts';
export { type LinearParameters, linears } from './gemm/linears.ts';
export { type ArcMarginOptions, arcMargin, cosMargin, type MarginOptions } from './gemm/margin.ts';
export { linear, type MatmulOptions, matmul } from './gemm/matmul.ts';
export type { GemmProblem, GemmVariant } from './gemm/problem.ts';
export { gemmFamily } from './gemm/variants.ts';
export { pixelShuffle } from './image/pixelShuffle.ts';
export { type AvgPoolOptions, avgPool2d, maxPool2d, type PoolOptions } from './image/pool.ts';
export { type ResizeMode, resize, type Size } from './image/resize.ts';
export { fileRow } from './image/ring.ts';
export { translate } from './image/translate.ts';
export { hingeFake, hingeGenerator, hingeReal, l1Loss, mseLoss } from './losses/loss.ts';
export { cosineSimilarity, l2Normalize } from './losses/similarity.ts';
export { crossEntropy, logSoftmax, softmax } from './losses/softmax.ts';
export { unitNormPenalty } from './losses/unitNorm.ts';
export { type AdainOptions, adain } from './norm/adain.ts';
export { type BatchNormOptions, batchNorm } from './norm/batchNorm.ts';
export { instanceNorm } from './norm/instanceNorm.ts';
export { checkpoint } from './random/checkpoint.ts';
export { philox } from './random/philox.ts';
export { RandomState } from './random/random.ts';
export { type UniformRange, uniformRange } from './random/uniformRange.ts';
export { type TuneOptions, type TuneResult, type TuneTrial, tune } from './tuning/tune.ts';
