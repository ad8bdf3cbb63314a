/** @file Classifier logits with a margin on the own class: ArcFace and CosFace. */
import { checkBoolean, checkNumber, checkOptions, type OptionKeys } from '@visage/gpu';
import { checkShape } from '../core/shape.ts';
import { checkFloat } from '../core/storage.ts';
import type { Tensor } from '../core/tensor.ts';
import { greater, maximum, mul, sub, where } from '../elementwise/arithmetic.ts';
import { checkLabels, oneHot } from '../elementwise/indexing.ts';
import { flat, pointwise } from '../elementwise/pointwise.ts';
import { sqrt, square } from '../elementwise/unary.ts';
import { l2Normalize } from '../losses/similarity.ts';
import { matmul } from './matmul.ts';

export interface MarginOptions {
  /** Factor s of all logits. Default 64. */
  readonly scale?: number;
  /** Margin m on the own class: an angle in radians for ArcFace (default 0.5), a cosine for CosFace (default 0.35). */
  readonly margin?: number;
}

export interface ArcMarginOptions extends MarginOptions {
  /** Leave angles past 90° without margin, instead of past 180° − m. Default false. */
  readonly easyMargin?: boolean;
}

const OPTIONS: OptionKeys<MarginOptions> = { scale: true, margin: true };
const ARC_OPTIONS: OptionKeys<ArcMarginOptions> = { ...OPTIONS, easyMargin: true };

/** Cosines between embeddings x [n, d] and class centres w [d, classes] → [n, classes]. */
function cosines(op: string, x: Tensor, w: Tensor, labels: Tensor): Tensor {
  checkFloat(op, 'x', x);
  checkFloat(op, 'w', w);
  checkShape(op, 'x', x.shape, [null, null]);
  checkShape(op, 'w', w.shape, [x.dim(1), null], 'Class centres are columns');
  checkLabels(op, 'labels', labels, x.dim(0), 'x');
  return matmul(l2Normalize(x, 1), l2Normalize(w, 0));
}

const MIN_SINE_SQUARED = 1e-12; // keeps the gradient of √(1 − cos²) finite when x lies on its centre

/**
 * `own` where the one-hot mask is 1, `other` where it is 0, and NaN where the mask is NaN, as it is for a label outside
 * the classes.
 */
const ofOwnClass = (mask: Tensor, own: Tensor, other: Tensor): Tensor =>
  pointwise(
    'ofOwnClass',
    'select(select(a, b, a == V(1.0)), c, a == V(0.0))',
    [mask, own, other],
    [flat, (g) => mul(g, mask), (g) => mul(g, sub(1, mask))],
  );

/**
 * Additive angular margin logits: s · cos(θ + m) for the own class, s · cos θ for the others. ArcFace, Deng et al.
 * 2019.
 *
 * x [n, d], w [d, classes], labels [n] → [n, classes]. Past θ = π − m, where cos(θ + m) would rise again, the own class
 * gets s · (cos θ − m · sin(π − m)), which keeps falling. A label outside the classes gives a row of NaN.
 *
 * @throws ArgumentError if an option, a type or a shape is wrong.
 */
export function arcMargin(x: Tensor, w: Tensor, labels: Tensor, options: ArcMarginOptions = {}): Tensor {
  checkOptions('arcMargin', options, ARC_OPTIONS);
  const { scale = 64, margin = 0.5, easyMargin = false } = options;
  checkNumber('arcMargin', 'scale', scale, 0);
  checkNumber('arcMargin', 'margin', margin, 0, Math.PI, 'It is an angle in radians');
  checkBoolean('arcMargin', 'easyMargin', easyMargin);
  const cosine = cosines('arcMargin', x, w, labels);
  const sine = sqrt(maximum(sub(1, square(cosine)), MIN_SINE_SQUARED));
  const moved = sub(mul(cosine, Math.cos(margin)), mul(sine, Math.sin(margin)));
  const phi = easyMargin
    ? where(greater(cosine, 0), moved, cosine)
    : where(greater(cosine, Math.cos(Math.PI - margin)), moved, sub(cosine, Math.sin(Math.PI - margin) * margin));
  return mul(ofOwnClass(oneHot(labels, w.dim(1)), phi, cosine), scale);
}

/**
 * Additive cosine margin logits: s · (cos θ − m) for the own class, s · cos θ for the others. CosFace, Wang et al.
 * 2018.
 *
 * x [n, d], w [d, classes], labels [n] → [n, classes]. A label outside the classes gives a row of NaN.
 *
 * @throws ArgumentError if an option, a type or a shape is wrong.
 */
export function cosMargin(x: Tensor, w: Tensor, labels: Tensor, options: MarginOptions = {}): Tensor {
  checkOptions('cosMargin', options, OPTIONS);
  const { scale = 64, margin = 0.35 } = options;
  checkNumber('cosMargin', 'scale', scale, 0);
  checkNumber('cosMargin', 'margin', margin, 0);
  const cosine = cosines('cosMargin', x, w, labels);
  return mul(sub(cosine, mul(oneHot(labels, w.dim(1)), margin)), scale);
}
