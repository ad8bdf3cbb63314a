import * as t from '@visage/tensor';
import { addAll, addPrelu } from '@visage/tensor/kernels';
import type { StepOp } from './op.ts';

type Unary = (x: t.Tensor) => t.Tensor;
type Binary = (a: t.Operand, b: t.Operand) => t.Tensor;

const unary =
  (fn: Unary): StepOp =>
  ([x]) =>
    fn(x);

const binary =
  (fn: Binary): StepOp =>
  ([x, y], { left, right }) => {
    if (left !== undefined) return fn(left, x);
    return fn(x, right ?? y);
  };

const mapped = <T>(fns: Readonly<Record<string, T>>, to: (fn: T) => StepOp): Record<string, StepOp> =>
  Object.fromEntries(Object.entries(fns).map(([name, fn]) => [name, to(fn)]));

const { exp, log, reciprocal, square, sqrt, rsqrt, abs, sign, sin, cos, tanh, sigmoid, softplus, relu, relu6, neg } = t;
const { copy, onesLike, transpose } = t;
const unaries = {
  exp,
  log,
  reciprocal,
  square,
  sqrt,
  rsqrt,
  abs,
  sign,
  sin,
  cos,
  tanh,
  sigmoid,
  softplus,
  relu,
  relu6,
};
const { add, sub, mul, div, maximum, minimum, greater, greaterEqual, less, lessEqual, equal } = t;
const binaries = { add, sub, mul, div, maximum, minimum, greater, greaterEqual, less, lessEqual, equal };

/** Pointwise ops in programs, and ops that create a tensor with the shape of another. */
export const POINTWISE: Readonly<Record<string, StepOp>> = {
  ...mapped({ ...unaries, neg, copy, onesLike, transpose }, unary),
  ...mapped(binaries, binary),
  clamp: ([x], { low, high }) => t.clamp(x, low, high),
  leakyRelu: ([x], { slope }) => t.leakyRelu(x, slope),
  prelu: ([x, w]) => t.prelu(x, w),
  addPrelu: ([a, b, w]) => addPrelu(a, b, w),
  where: ([mask, a, b]) => t.where(mask, a, b),
  addAll: (terms) => addAll(terms),
  weightedSum: (terms, { weights }) => t.weightedSum(terms, weights),
  checkpoint: ([x]) => t.checkpoint((y) => tanh(y as t.Tensor).mul(y as t.Tensor), [x]),
  detach: ([x]) => x.detach(),
  zerosLike: ([x]) => t.zeros(x.shape),
  full: (_, { shape, value }) => t.full(shape, value),
};
