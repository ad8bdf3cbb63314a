import { flat, pointwise, V } from '../pointwise.ts';
import { floatTypeOf } from '../storage.ts';
import type { Tensor } from '../tensor.ts';
import { add, greater, greaterEqual, lessEqual, mul, neg } from './arithmetic.ts';

/** eˣ. */
export const exp = (x: Tensor): Tensor => pointwise('exp', 'exp(a)', [x], [(g, y) => mul(g, y)]);

/** Natural logarithm. */
export const log = (x: Tensor): Tensor => pointwise('log', 'log(a)', [x], [(g) => mul(g, reciprocal(x))]);

/** 1 / x. */
export const reciprocal = (x: Tensor): Tensor =>
  pointwise('reciprocal', 'V(1.0) / a', [x], [(g, y) => neg(mul(g, square(y)))]);

/** x². */
export const square = (x: Tensor): Tensor => pointwise('square', 'a * a', [x], [(g) => mul(mul(g, x), 2)]);

/** √x. */
export const sqrt = (x: Tensor): Tensor =>
  pointwise('sqrt', 'sqrt(a)', [x], [(g, y) => mul(mul(g, reciprocal(y)), 0.5)]);

/** 1 / √x. The division keeps full f32 precision, which `inverseSqrt` does not on every driver. */
export const rsqrt = (x: Tensor): Tensor =>
  pointwise('rsqrt', 'V(1.0) / sqrt(a)', [x], [(g, y) => mul(mul(g, mul(square(y), y)), -0.5)]);

/** |x|; gradient 0 at 0. */
export const abs = (x: Tensor): Tensor => pointwise('abs', 'abs(a)', [x], [(g) => mul(g, sign(x))]);

/** −1, 0 or 1; flat. */
export const sign = (x: Tensor): Tensor => pointwise('sign', 'sign(a)', [x], [flat]);

/** Sine of an angle in radians. */
export const sin = (x: Tensor): Tensor => pointwise('sin', 'sin(a)', [x], [(g) => mul(g, cos(x))]);

/** Cosine of an angle in radians. */
export const cos = (x: Tensor): Tensor => pointwise('cos', 'cos(a)', [x], [(g) => neg(mul(g, sin(x)))]);

/** min(max(x, low), high); gradient 1 inside the closed interval, as in PyTorch. */
export const clamp = (x: Tensor, low: number, high: number): Tensor =>
  pointwise(
    'clamp',
    `clamp(a, ${V(low)}, ${V(high)})`,
    [x],
    [(g) => mul(g, mul(greaterEqual(x, low), lessEqual(x, high)))],
  );

/** tanh x, computed so that it neither overflows nor cancels; NaN stays NaN. */
export const tanh = (x: Tensor): Tensor =>
  pointwise(
    'tanh',
    'select(select(tanh(a), V(1.0), a > V(15.0)), V(-1.0), a < V(-15.0))',
    [x],
    [(g, y) => tanhGrad(g, y)],
  );

/** g · (1 − y²) with y = tanh x, as one kernel. */
export const tanhGrad = (g: Tensor, y: Tensor): Tensor =>
  pointwise('tanhGrad', 'a * (V(1.0) - b * b)', [g, y], [(h) => tanhGrad(h, y), (h) => mul(mul(mul(h, g), y), -2)]);

/** 1 / (1 + e⁻ˣ). */
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

/** log(1 + eˣ) without overflow. */
export const softplus = (x: Tensor): Tensor =>
  pointwise('softplus', 'max(a, V(0.0)) + log(V(1.0) + exp(-abs(a)))', [x], [(g) => mul(g, sigmoid(x))]);

/** max(x, 0) + slope · min(x, 0). */
export const leakyRelu = (x: Tensor, slope: number): Tensor =>
  pointwise('leakyRelu', `select(a * ${V(slope)}, a, a > V(0.0))`, [x], [(g) => leakyGate(g, x, slope)]);

/** max(x, 0), and NaN where x is NaN: WGSL's `max` may answer 0 there, and a ruined network would look healthy. */
export const relu = (x: Tensor): Tensor =>
  pointwise('relu', 'select(a, V(0.0), a < V(0.0))', [x], [(g, y) => leakyGate(g, y, 0)]);

/** g where x > 0, slope · g elsewhere, the gradient of {@link leakyRelu}: linear in g, flat in x. */
export const leakyGate = (g: Tensor, x: Tensor, slope: number): Tensor =>
  pointwise('leakyGate', `select(a * ${V(slope)}, a, b > V(0.0))`, [g, x], [(h) => leakyGate(h, x, slope), flat]);

/** min(max(x, 0), 6). */
export const relu6 = (x: Tensor): Tensor =>
  pointwise('relu6', 'clamp(a, V(0.0), V(6.0))', [x], [(g) => mul(g, mul(greater(x, 0), greater(neg(x), -6)))]);

/** x where x > 0, w · x elsewhere; `w` has one element or one per channel (last axis). */
export const prelu = (x: Tensor, w: Tensor): Tensor =>
  pointwise(
    'prelu',
    'select(a * b, a, a > V(0.0))',
    [x, w],
    [(g) => preluGate(g, x, w), (g) => mul(g, negativePart(x))],
    floatTypeOf(x),
  );

/** The gradient g of a PReLU's result as that of its input x. */
export const preluGate = (g: Tensor, x: Tensor, w: Tensor): Tensor =>
  pointwise(
    'preluGate',
    'select(a * c, a, b > V(0.0))',
    [g, x, w],
    [(h) => preluGate(h, x, w), flat, (h) => mul(mul(h, g), lessEqual(x, 0))],
    floatTypeOf(g),
  );

/** prelu(a + b, w) in one pass; `b` may broadcast. `w` as for {@link prelu}. */
export const addPrelu = (a: Tensor, b: Tensor, w: Tensor): Tensor =>
  pointwise(
    'addPrelu',
    'select((a + b) * c, a + b, a + b > V(0.0))',
    [a, b, w],
    [(g) => addPreluGate(g, a, b, w), (g) => addPreluGate(g, a, b, w), (g) => mul(g, negativePart(add(a, b)))],
    floatTypeOf(a),
  );

const addPreluGate = (g: Tensor, a: Tensor, b: Tensor, w: Tensor): Tensor =>
  pointwise(
    'addPreluGate',
    'select(a * d, a, b + c > V(0.0))',
    [g, a, b, w],
    [(h) => addPreluGate(h, a, b, w), flat, flat, (h) => mul(mul(h, g), lessEqual(add(a, b), 0))],
    floatTypeOf(g),
  );

const negativePart = (x: Tensor): Tensor =>
  pointwise('negativePart', 'min(a, V(0.0))', [x], [(g) => mul(g, lessEqual(x, 0))]);
