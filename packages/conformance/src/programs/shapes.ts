import * as t from '@visage/tensor';
import { sumRows } from '@visage/tensor/kernels';
import type { StepOp } from './op.ts';

type Reduction = (x: t.Tensor, axes?: readonly number[], keepDims?: boolean) => t.Tensor;

const reduction =
  (fn: Reduction): StepOp =>
  ([x], { axes, keepDims }) =>
    fn(x, axes, keepDims);

/** Reductions, shape and index ops, and losses in programs. */
export const SHAPES: Readonly<Record<string, StepOp>> = {
  sum: reduction(t.sum),
  mean: reduction(t.mean),
  variance: reduction(t.variance),
  max: reduction(t.max),
  reshape: ([x], { shape }) => t.reshape(x, shape),
  expand: ([x], { shape }) => t.expand(x, shape),
  permute: ([x], { order }) => t.permute(x, order),
  slice: ([x], { axis, start, end }) => t.slice(x, axis, start, end),
  padZero: ([x], { axis, before, after }) => t.padZero(x, axis, before, after),
  concat: (parts, { axis }) => t.concat(parts, axis),
  gatherRows: ([table, index]) => t.gatherRows(table, index),
  sumRows: ([rows, index], { count }) => sumRows(rows, index, count),
  oneHot: ([labels], { classes }) => t.oneHot(labels, classes),
  softmax: ([x], { axis }) => t.softmax(x, axis),
  logSoftmax: ([x], { axis }) => t.logSoftmax(x, axis),
  l2Normalize: ([x], { axis }) => t.l2Normalize(x, axis),
  cosineSimilarity: ([a, b], { axis }) => t.cosineSimilarity(a, b, axis),
  crossEntropy: ([x, labels]) => t.crossEntropy(x, labels),
  l1Loss: ([a, b]) => t.l1Loss(a, b),
  mseLoss: ([a, b]) => t.mseLoss(a, b),
  hingeReal: ([x]) => t.hingeReal(x),
  hingeFake: ([x]) => t.hingeFake(x),
  hingeGenerator: ([x]) => t.hingeGenerator(x),
  unitNormPenalty: ([x], { eps }) => t.unitNormPenalty(x, eps),
  arcMargin: ([x, w, labels], args) => t.arcMargin(x, w, labels, args),
  cosMargin: ([x, w, labels], args) => t.cosMargin(x, w, labels, args),
};
