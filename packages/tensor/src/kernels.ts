/**
 * @file `@visage/tensor/kernels`: what those need who write kernels, ops and optimizers, or who choose and measure
 * variants of kernels. Users of tensors need nothing from here.
 */
import './methods.ts';

// Variants of kernels: which there are, which one a problem gets, and which one is the fastest here.
export { type ConvAlgorithm, type ConvPass, type ConvProblem, convFamily } from './conv/algorithms.ts';
// Fused forms and gradients of users' ops, for the networks and optimizers that call them by name.
export { CONV2D_OPTIONS, MISSING_CONV_OPTIONS } from './conv/geometry.ts';
// An op of one's own: an elementwise expression, a kernel with its gradient, a fused kernel with its definition.
export { type Backward, type OpWatcher, track, watchOps } from './core/autograd.ts';
// Tensors, shapes and element types, as kernels see them.
export { DTYPES } from './core/dtype.ts';
export { floatsFromHalf, halfBits, halfFromFloats, halfValue } from './core/float16.ts';
export { type FusedOp, fused } from './core/fused.ts';
export { launchMap, V } from './core/map.ts';
export { chooseFor, collectProblems, type MetProblem, startCollecting } from './core/metProblems.ts';
export { packedZeros, packTensors } from './core/pack.ts';
export { tensorsIn } from './core/scope.ts';
export { checkExtents, checkShape, sameShape, showShape, sizeOf, stridesOf } from './core/shape.ts';
export { checkDType, checkTensor, empty } from './core/tensor.ts';
export { addAll } from './elementwise/arithmetic.ts';
export { sumTo } from './elementwise/broadcast.ts';
export { gather } from './elementwise/gather.ts';
export { fileRow, sumRows } from './elementwise/indexing.ts';
export { type MeanOf, meanOf } from './elementwise/meanOf.ts';
export { firstNonFinite } from './elementwise/nonFinite.ts';
export { flat, type Partial, pointwise } from './elementwise/pointwise.ts';
export { addPrelu } from './elementwise/unary.ts';
export { type BiasedConv, convAdain } from './frozen/convAdain.ts';
export { type OffsetConv, offsetConv } from './frozen/offsetConv.ts';
export { type ResidualBlock, residualBlock } from './frozen/residualBlock.ts';
export { type SqueezeGate, squeezeExcitation } from './frozen/squeezeExcitation.ts';
export { tanhToUnit } from './frozen/tanhToUnit.ts';
export { type LinearParameters, linears } from './gemm/linears.ts';
export type { GemmProblem, GemmVariant } from './gemm/problem.ts';
export { gemmFamily } from './gemm/variants.ts';
export { philox } from './random/philox.ts';
export { type UniformRange, uniformRange } from './random/random.ts';
export { type TuneOptions, type TuneResult, type TuneTrial, tune } from './tuning/tune.ts';
