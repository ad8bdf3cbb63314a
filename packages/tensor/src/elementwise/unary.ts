/** @file Elementwise ops of one tensor, f32 or f16: the result has the shape and type of x. */
import { ArgumentError, checkNumber, showValue } from '@visage/gpu';
import { V } from '../core/map.ts';
import { showShape } from '../core/shape.ts';
import { checkFloat, floatTypeOf } from '../core/storage.ts';
import type { Tensor } from '../core/tensor.ts';
import { leakyReluCode, relu6Code, reluCode, tanhCode } from './activationCode.ts';
import { add, mul, neg } from './arithmetic.ts';
import { flat, pointwise } from './pointwise.ts';

/**
 * The exponential eˣ.
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16.
 */
export const exp = (x: Tensor): Tensor => pointwise('exp', 'exp(a)', [x], [(g, y) => mul(g, y)]);

/**
 * The natural logarithm ln x.
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16.
 */
export const log = (x: Tensor): Tensor => pointwise('log', 'log(a)', [x], [(g) => mul(g, reciprocal(x))]);

/**
 * The reciprocal 1 / x.
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16.
 */
export const reciprocal = (x: Tensor): Tensor =>
  pointwise('reciprocal', 'quotient(V(1.0), a)', [x], [(g, y) => neg(mul(mul(g, y), y))]);

/**
 * The square x².
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16.
 */
export const square = (x: Tensor): Tensor => pointwise('square', 'a * a', [x], [(g) => mul(mul(g, x), 2)]);

/**
 * The square root √x.
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16.
 */
export const sqrt = (x: Tensor): Tensor =>
  pointwise('sqrt', 'sqrt(a)', [x], [(g, y) => mul(mul(g, reciprocal(y)), 0.5)]);

/**
 * The reciprocal square root 1 / √x. The division keeps full f32 precision, which `inverseSqrt` does not on every
 * driver.
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16.
 */
export const rsqrt = (x: Tensor): Tensor =>
  pointwise('rsqrt', 'V(1.0) / sqrt(a)', [x], [(g, y) => mul(mul(mul(mul(g, y), y), y), -0.5)]);

/**
 * The absolute value |x|. Its gradient at 0 is 0.
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16.
 */
export const abs = (x: Tensor): Tensor => pointwise('abs', 'abs(a)', [x], [(g) => mul(g, sign(x))]);

/**
 * The sign of x: −1, 0 or 1. No gradient flows through.
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16.
 */
export const sign = (x: Tensor): Tensor => pointwise('sign', 'sign(a)', [x], [flat]);

/**
 * Sine of an angle in radians. WGSL promises digits between −π and π only; far outside drivers may have none, so bring
 * large angles near 0 first.
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16.
 */
export const sin = (x: Tensor): Tensor => pointwise('sin', 'sinOf(a)', [x], [(g) => mul(g, cos(x))]);

/**
 * Cosine of an angle in radians; what {@link sin} says of large ones holds here too.
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16.
 */
export const cos = (x: Tensor): Tensor => pointwise('cos', 'cosOf(a)', [x], [(g) => neg(mul(g, sin(x)))]);

/**
 * min(max(x, low), high), NaN where x is; gradient 1 inside the closed interval, as in PyTorch. Bounds may be infinite.
 *
 * @throws ArgumentError when the bounds are no numbers or low is above high, where PyTorch would make every element
 * `high`.
 */
export function clamp(x: Tensor, low: number, high: number): Tensor {
  if (typeof high !== 'number' || Number.isNaN(high))
    throw new ArgumentError('clamp', 'high', showValue(high), 'a number, Infinity for no bound');
  if (typeof low !== 'number' || !(low <= high))
    throw new ArgumentError('clamp', 'low', showValue(low), `a number of at most high, which is ${high}`);
  return pointwise('clamp', `smaller(larger(a, ${V(low)}), ${V(high)})`, [x], [(g) => within(g, x, low, high)]);
}

/** g where low ≤ x ≤ high, else 0. */
const within = (g: Tensor, x: Tensor, low: number, high: number): Tensor =>
  pointwise(
    'within',
    `select(V(0.0), a, (b >= ${V(low)}) & (b <= ${V(high)}))`,
    [g, x],
    [(h) => within(h, x, low, high), flat],
    floatTypeOf(g),
  );

/**
 * tanh x, computed so that it neither overflows nor cancels, with all digits near 0; NaN stays NaN.
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16.
 */
export const tanh = (x: Tensor): Tensor => pointwise('tanh', tanhCode('a'), [x], [(g, y) => tanhGrad(g, y)]);

/** g · (1 − y²) with y = tanh x, as one kernel. */
export const tanhGrad = (g: Tensor, y: Tensor): Tensor =>
  pointwise('tanhGrad', 'a * (V(1.0) - b * b)', [g, y], [(h) => tanhGrad(h, y), (h) => mul(mul(mul(h, g), y), -2)]);

/**
 * The logistic function 1 / (1 + e⁻ˣ).
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16.
 */
export const sigmoid = (x: Tensor): Tensor =>
  pointwise('sigmoid', 'V(1.0) / (V(1.0) + exp(-a))', [x], [(g, y) => sigmoidGrad(g, y)]);

// g · y · (1 − y) with y = sigmoid x.
const sigmoidGrad = (g: Tensor, y: Tensor): Tensor =>
  pointwise(
    'sigmoidGrad',
    'a * b * (V(1.0) - b)',
    [g, y],
    [(h) => sigmoidGrad(h, y), (h) => mul(mul(h, g), add(mul(y, -2), 1))],
  );

/**
 * log(1 + eˣ) without overflow, and with all digits where it is small.
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16.
 */
export const softplus = (x: Tensor): Tensor =>
  pointwise('softplus', 'larger(a, V(0.0)) + log1p(exp(-abs(a)))', [x], [(g) => mul(g, sigmoid(x))]);

/**
 * max(x, 0) + slope · min(x, 0); with slope 0 a {@link relu}.
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16 and the slope a finite number.
 */
export function leakyRelu(x: Tensor, slope: number): Tensor {
  checkNumber('leakyRelu', 'slope', slope);
  return pointwise('leakyRelu', leakyReluCode('a', slope), [x], [(g) => leakyGate(g, x, slope)]);
}

/**
 * max(x, 0), and NaN where x is NaN: WGSL's `max` may answer 0 there, and a ruined network would look healthy.
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16.
 */
export const relu = (x: Tensor): Tensor => pointwise('relu', reluCode('a'), [x], [(g, y) => leakyGate(g, y, 0)]);

/**
 * g where x > 0, slope · g elsewhere, the gradient of {@link leakyRelu}: linear in g, flat in x. With slope 0 nothing
 * flows where x ≤ 0, whatever g is.
 */
export function leakyGate(g: Tensor, x: Tensor, slope: number): Tensor {
  checkNumber('leakyGate', 'slope', slope);
  return pointwise(
    'leakyGate',
    slope === 0 ? 'select(a, V(0.0), b <= V(0.0))' : `select(a * ${V(slope)}, a, b > V(0.0))`,
    [g, x],
    [(h) => leakyGate(h, x, slope), flat],
  );
}

/**
 * min(max(x, 0), 6), NaN where x is.
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16.
 */
export const relu6 = (x: Tensor): Tensor => pointwise('relu6', relu6Code('a'), [x], [(g) => insideRelu6(g, x)]);

/** g where 0 < x < 6, else 0. */
export const insideRelu6 = (g: Tensor, x: Tensor): Tensor =>
  pointwise(
    'insideRelu6',
    'select(V(0.0), a, (b > V(0.0)) & (b < V(6.0)))',
    [g, x],
    [(h) => insideRelu6(h, x), flat],
    floatTypeOf(g),
  );

/** Throws unless `w` has one slope for all channels (last axis) of x, or one for each. */
function checkSlopes(op: string, argument: string, x: Tensor, w: Tensor): void {
  checkFloat(op, argument, x);
  checkFloat(op, 'w', w);
  const channels = x.shape.at(-1) ?? 1;
  if (w.size !== 1 && !(w.size === channels && w.shape.at(-1) === channels && w.rank <= x.rank))
    throw new ArgumentError(op, 'w', showShape(w.shape), `[1] or [${channels}], a slope for each channel`);
}

/**
 * x where x > 0, w · x elsewhere; `w` has one element or one per channel (last axis).
 *
 * @throws ArgumentError unless x and w are tensors of f32 or f16, and w has one slope or one for each channel.
 */
export function prelu(x: Tensor, w: Tensor): Tensor {
  checkSlopes('prelu', 'x', x, w);
  return pointwise(
    'prelu',
    'select(a * b, a, a > V(0.0))',
    [x, w],
    [(g) => preluGate(g, x, w), (g) => slopeGradient(g, x)],
    floatTypeOf(x),
  );
}

/** The gradient g of a PReLU's result as that of its input x. */
export function preluGate(g: Tensor, x: Tensor, w: Tensor): Tensor {
  checkSlopes('preluGate', 'x', x, w);
  checkFloat('preluGate', 'g', g);
  return pointwise(
    'preluGate',
    'select(a * c, a, b > V(0.0))',
    [g, x, w],
    [(h) => preluGate(h, x, w), flat, (h) => productBelow(h, g, x)],
    floatTypeOf(g),
  );
}

/**
 * prelu(a + b, w) in one pass; `b` may broadcast. `w` as for {@link prelu}.
 *
 * @throws ArgumentError as {@link prelu}, and for shapes that do not broadcast.
 */
export function addPrelu(a: Tensor, b: Tensor, w: Tensor): Tensor {
  checkSlopes('addPrelu', 'a', a, w);
  return pointwise(
    'addPrelu',
    'select((a + b) * c, a + b, a + b > V(0.0))',
    [a, b, w],
    [(g) => addPreluGate(g, a, b, w), (g) => addPreluGate(g, a, b, w), (g) => slopeGradient(g, add(a, b))],
    floatTypeOf(a),
  );
}

const addPreluGate = (g: Tensor, a: Tensor, b: Tensor, w: Tensor): Tensor =>
  pointwise(
    'addPreluGate',
    'select(a * d, a, b + c > V(0.0))',
    [g, a, b, w],
    [(h) => addPreluGate(h, a, b, w), flat, flat, (h) => productBelow(h, g, add(a, b))],
    floatTypeOf(g),
  );

/** The gradient g of prelu(x, w) as that of w, before it is summed over what shares a slope. */
const slopeGradient = (g: Tensor, x: Tensor): Tensor => productBelow(g, x, x);

/** g · y where x ≤ 0 or NaN, else 0, whatever g and y are there. */
const productBelow = (g: Tensor, y: Tensor, x: Tensor): Tensor =>
  pointwise(
    'productBelow',
    'select(a * b, V(0.0), c > V(0.0))',
    [g, y, x],
    [(h) => productBelow(h, y, x), (h) => productBelow(h, g, x), flat],
  );
