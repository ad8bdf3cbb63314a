import './methods.ts';

export { autocast, autocasting, halfPrecision } from './autocast.ts';
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
} from './autograd.ts';
export { checkpoint } from './checkpoint.ts';
export { DTYPES, type DType, type HostArray } from './dtype.ts';
export { floatsFromHalf, halfBits, halfFromFloats, halfValue } from './float16.ts';
export { type FusedOp, fused } from './fused.ts';
export { type ConvAlgorithm, type ConvPass, type ConvProblem, convFamily } from './gemm/algorithms.ts';
export type { GemmVariant } from './gemm/plan.ts';
export type { GemmProblem } from './gemm/problem.ts';
export { gemmFamily } from './gemm/variants.ts';
export { launchMap, V } from './map.ts';
export { firstNonFinite } from './nonFinite.ts';
export * from './ops/index.ts';
export { philox } from './philox.ts';
export { flat, type Partial, pointwise } from './pointwise.ts';
export { RandomState } from './random.ts';
export { keep, record, scope, tensorsIn } from './scope.ts';
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
} from './shape.ts';
export { type FloatType, promoted } from './storage.ts';
export { checkDType, checkTensor, empty, Tensor } from './tensor.ts';
export { moveTogether, zerosTogether } from './together.ts';
export { chooseFor, collectProblems, type MetProblem } from './tuning/problems.ts';
export { type TuneOptions, type TuneResult, type TuneTrial, tune } from './tuning/tune.ts';
export { type UniformRange, uniformRange } from './uniformRange.ts';
