import './methods.ts';

export { type Backward, backward, enableGrad, grad, gradEnabled, type GradOptions, noGrad, track } from './autograd.ts';
export { type DType, DTYPES, type HostArray } from './dtype.ts';
export { type FusedOp, fused } from './fused.ts';
export * from './ops/index.ts';
export { launchMap, type Partial, pointwise, V } from './pointwise.ts';
export { keep, record, scope, tensorsIn } from './scope.ts';
export { broadcastShapes, checkShape, normalizeAxes, sameShape, type Shape, showShape, sizeOf, stridesOf } from './shape.ts';
export { checkDType, empty, Tensor } from './tensor.ts';
