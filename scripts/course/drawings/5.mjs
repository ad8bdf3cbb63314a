/** The drawings of chapter 5. */
import { arrow, box, curve, drawing, label, line } from './svg.mjs';

const bell = (x, mean, deviation) => Math.exp(-((x - mean) ** 2) / (2 * deviation ** 2)) / deviation;

/** The values of one channel, before the norm, behind it, and with the style of another picture. */
function style() {
  const panel = (left, title, formula, mean, deviation, colour) => {
    const at = (value) => left + 90 + 28 * value;
    const values = Array.from({ length: 61 }, (_, k) => -3 + k / 10);
    return [
      label(left + 90, 24, title, 'strong', 'middle'),
      line(left, 130, left + 180, 130),
      line(at(0), 40, at(0), 134, 'dash'),
      curve(
        values.map((value) => [at(value), 130 - 30 * bell(value, mean, deviation)]),
        colour,
      ),
      label(at(0), 150, '0', 'small', 'middle'),
      label(left + 90, 172, formula, 'small', 'middle'),
    ];
  };
  return drawing(
    640,
    186,
    'Values of a channel: as they come, normalised, and with another mean and deviation',
    panel(10, 'a channel x', 'mean μ, deviation σ', 1.2, 0.5, 'a'),
    arrow(196, 90, 224, 90),
    panel(230, 'x̂ = (x − μ) / √(σ² + ε)', 'mean 0, deviation 1', 0, 1, 'c'),
    arrow(416, 90, 444, 90),
    panel(450, '(1 + γ) x̂ + β', 'mean β, deviation 1 + γ', -1, 0.7, 'b'),
  );
}

/** Sums in f32: every operation rounds. */
const f32 = Math.fround;
const total = (values, of) => values.reduce((sum, value) => f32(sum + of(value)), 0);

/** Relative errors of two ways to compute a variance in f32, against double precision. */
function errorsAt(centre, noise) {
  const values = noise.map((value) => f32(centre + value));
  const count = values.length;
  const exactMean = values.reduce((a, b) => a + b, 0) / count;
  const exact = values.reduce((sum, value) => sum + (value - exactMean) ** 2, 0) / count;
  const mean = f32(total(values, (value) => value) / count);
  const squares = f32(total(values, (value) => f32(value * value)) / count);
  const pivot = values[0];
  const moved = total(values, (value) => f32(value - pivot));
  const spread = total(values, (value) => f32(f32(value - pivot) * f32(value - pivot)));
  const shifted = f32(f32(spread - f32(f32(moved * moved) / count)) / count);
  return [f32(squares - f32(mean * mean)), shifted].map((variance) => Math.abs(variance / exact - 1));
}

/** Pseudo-random numbers of a deviation of about 0.01, the same everywhere. */
function noiseOf(count) {
  let word = 1;
  const uniform = () => {
    word = (Math.imul(word, 1664525) + 1013904223) >>> 0;
    return word / 2 ** 32;
  };
  return Array.from({ length: count }, () => 0.01 * (uniform() + uniform() + uniform() + uniform() - 2) * Math.sqrt(3));
}

/** Both errors over the mean, on logarithmic axes. */
function sums() {
  const noise = noiseOf(4096);
  const x = (exponent) => 80 + 110 * (exponent + 2);
  const y = (error) => 30 + 24 * Math.min(8, Math.max(0, 1 - Math.log10(error)));
  const means = Array.from({ length: 33 }, (_, k) => -2 + k / 8);
  const errors = means.map((exponent) => errorsAt(10 ** exponent, noise));
  return drawing(
    640,
    280,
    'Relative error of a variance in f32 over the mean, for values that deviate by 0.01',
    [-7, -5, -3, -1, 1].map((power) => [
      line(80, y(10 ** power), 520, y(10 ** power), 'dash'),
      label(72, y(10 ** power) + 4, `1e${power}`, 'small', 'end'),
    ]),
    [-2, -1, 0, 1, 2].map((power) => label(x(power), 242, String(10 ** power), 'small', 'middle')),
    label(300, 266, 'mean of 4096 values whose deviation is 0.01', '', 'middle'),
    label(16, 20, 'relative error of the variance'),
    curve(
      means.map((exponent, k) => [x(exponent), y(errors[k][0])]),
      'b',
    ),
    curve(
      means.map((exponent, k) => [x(exponent), y(errors[k][1])]),
      'a',
    ),
    label(526, y(errors.at(-1)[0]) + 4, 'E[x²] − E[x]²', 'small'),
    label(526, y(errors.at(-1)[1]) + 4, 'about a value of x', 'small'),
  );
}

/** What AdaIN reads and writes as plain ops, and as one op. */
function passes() {
  const ops = ['mean', 'sub', 'square', 'mean', 'rsqrt', 'mul', 'mul, add', 'relu'];
  const memory = (y) => [box(20, y, 600, 22, 'device memory', '', 'small')];
  const kernel = (x, y, width, text, fill, reads, writes) => [
    box(x, y + 52, width, 28, text, fill, 'small'),
    reads ? arrow(x + width / 2 - 8, y + 22, x + width / 2 - 8, y + 50) : [],
    writes ? arrow(x + width / 2 + 8, y + 52, x + width / 2 + 8, y + 24) : [],
  ];
  return drawing(
    640,
    236,
    'Traffic of AdaIN with memory: a kernel for each plain op, or one that reads x once',
    label(20, 18, 'plain ops: each launch reads a whole tensor and writes one', 'strong'),
    memory(28),
    ops.map((text, k) => kernel(24 + 75 * k, 28, 66, text, 'b', true, true)),
    label(20, 142, 'fused: x stays in registers between its sums and its use', 'strong'),
    memory(152),
    kernel(24, 152, 591, 'moments → x̂ → (1 + γ) x̂ + β → relu → + residual', 'a', true, true),
  );
}

export const drawings = () => ({ style: style(), sums: sums(), passes: passes() });
