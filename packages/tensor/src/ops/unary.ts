import { flat, pointwise, V } from '../pointwise.ts';
import { floatTypeOf } from '../storage.ts';
import type { Tensor } from '../tensor.ts';
import { leakyReluCode, reluCode, tanhCode } from './activationCode.ts';
import { add, mul, neg } from './arithmetic.ts';

/** eˣ. */
export const exp = (x: Tensor): Tensor => pointwise('exp', 'exp(a)', [x], [(g, y) => mul(g, y)]);

/** Natural logarithm. */
export const log = (x: Tensor): Tensor => pointwise('log', 'log(a)', [x], [(g) => mul(g, reciprocal(x))]);

/** 1 / x. */
export const reciprocal = (x: Tensor): Tensor =>
  pointwise('reciprocal', 'V(1.0) / a', [x], [(g, y) => neg(mul(mul(g, y), y))]); // y² alone may be beyond f16

/** x². */
export const square = (x: Tensor): Tensor => pointwise('square', 'a * a', [x], [(g) => mul(mul(g, x), 2)]);

/** √x. */
export const sqrt = (x: Tensor): Tensor =>
  pointwise('sqrt', 'sqrt(a)', [x], [(g, y) => mul(mul(g, reciprocal(y)), 0.5)]);

/** 1 / √x. The division keeps full f32 precision, which `inverseSqrt` does not on every driver. */
export const rsqrt = (x: Tensor): Tensor =>
  pointwise('rsqrt', 'V(1.0) / sqrt(a)', [x], [(g, y) => mul(mul(mul(mul(g, y), y), y), -0.5)]); // y³ alone may be beyond f16

/** |x|; gradient 0 at 0. */
export const abs = (x: Tensor): Tensor => pointwise('abs', 'abs(a)', [x], [(g) => mul(g, sign(x))]);

/** −1, 0 or 1; flat. */
export const sign = (x: Tensor): Tensor => pointwise('sign', 'sign(a)', [x], [flat]);

/** Sine of an angle in radians. WGSL promises digits between −π and π only; far outside drivers may have none, so bring large angles near 0 first. */
export const sin = (x: Tensor): Tensor => pointwise('sin', 'sin(a)', [x], [(g) => mul(g, cos(x))]);

/** Cosine of an angle in radians; what {@link sin} says of large ones holds here too. */
export const cos = (x: Tensor): Tensor => pointwise('cos', 'cos(a)', [x], [(g) => neg(mul(g, sin(x)))]);

/**
 * min(max(x, low), high), NaN where x or a bound is; gradient 1 inside the closed interval, as in PyTorch.
 *
 * Bounds may be infinite.
 */
export const clamp = (x: Tensor, low: number, high: number): Tensor =>
  pointwise('clamp', `smaller(larger(a, ${V(low)}), ${V(high)})`, [x], [(g) => within(g, x, low, high)]);

/** g where low ≤ x ≤ high, else 0. */
const within = (g: Tensor, x: Tensor, low: number, high: number): Tensor =>
  pointwise(
    'within',
    `select(V(0.0), a, (b >= ${V(low)}) & (b <= ${V(high)}))`,
    [g, x],
    [(h) => within(h, x, low, high), flat],
    floatTypeOf(g),
  );

/** tanh x, computed so that it neither overflows nor cancels, with all digits near 0; NaN stays NaN. */
export const tanh = (x: Tensor): Tensor => pointwise('tanh', tanhCode('a'), [x], [(g, y) => tanhGrad(g, y)]);

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

/** log(1 + eˣ) without overflow, and with all digits where it is small. */
export const softplus = (x: Tensor): Tensor =>
  pointwise('softplus', 'larger(a, V(0.0)) + log1p(exp(-abs(a)))', [x], [(g) => mul(g, sigmoid(x))]);

/** max(x, 0) + slope · min(x, 0); with slope 0 a {@link relu}. */
export const leakyRelu = (x: Tensor, slope: number): Tensor =>
  pointwise('leakyRelu', leakyReluCode('a', slope), [x], [(g) => leakyGate(g, x, slope)]);

/** max(x, 0), and NaN where x is NaN: WGSL's `max` may answer 0 there, and a ruined network would look healthy. */
export const relu = (x: Tensor): Tensor => pointwise('relu', reluCode('a'), [x], [(g) => leakyGate(g, x, 0)]);

/** g where x > 0, slope · g elsewhere, the gradient of {@link leakyRelu}: linear in g, flat in x. With slope 0 nothing flows where x ≤ 0, whatever g is. */
export const leakyGate = (g: Tensor, x: Tensor, slope: number): Tensor =>
  pointwise(
    'leakyGate',
    slope === 0 ? 'select(a, V(0.0), b <= V(0.0))' : `select(a * ${V(slope)}, a, b > V(0.0))`,
    [g, x],
    [(h) => leakyGate(h, x, slope), flat],
  );

/** min(max(x, 0), 6), NaN where x is. */
export const relu6 = (x: Tensor): Tensor =>
  pointwise('relu6', 'smaller(larger(a, V(0.0)), V(6.0))', [x], [(g) => insideRelu6(g, x)]);

/** g where 0 < x < 6, else 0. */
const insideRelu6 = (g: Tensor, x: Tensor): Tensor =>
  pointwise(
    'insideRelu6',
    'select(V(0.0), a, (b > V(0.0)) & (b < V(6.0)))',
    [g, x],
    [(h) => insideRelu6(h, x), flat],
    floatTypeOf(g),
  );

/** x where x > 0, w · x elsewhere; `w` has one element or one per channel (last axis). */
export const prelu = (x: Tensor, w: Tensor): Tensor =>
  pointwise(
    'prelu',
    'select(a * b, a, a > V(0.0))',
    [x, w],
    [(g) => preluGate(g, x, w), (g) => slopeGradient(g, x)],
    floatTypeOf(x),
  );

/** The gradient g of a PReLU's result as that of its input x. */
export const preluGate = (g: Tensor, x: Tensor, w: Tensor): Tensor =>
  pointwise(
    'preluGate',
    'select(a * c, a, b > V(0.0))',
    [g, x, w],
    [(h) => preluGate(h, x, w), flat, (h) => productBelow(h, g, x)],
    floatTypeOf(g),
  );

/** prelu(a + b, w) in one pass; `b` may broadcast. `w` as for {@link prelu}. */
export const addPrelu = (a: Tensor, b: Tensor, w: Tensor): Tensor =>
  pointwise(
    'addPrelu',
    'select((a + b) * c, a + b, a + b > V(0.0))',
    [a, b, w],
    [(g) => addPreluGate(g, a, b, w), (g) => addPreluGate(g, a, b, w), (g) => slopeGradient(g, add(a, b))],
    floatTypeOf(a),
  );

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
