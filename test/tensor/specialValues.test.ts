/**
 * Pointwise ops and reductions on NaN, infinities, zeros of both signs and extremes, against what PyTorch makes of them
 * (golden/make_special_values.py).
 */
import { readFileSync } from 'node:fs';
import * as ops from '@visage/tensor';
import { cast, type FloatType, grad, onesLike, type Tensor, tensor } from '@visage/tensor';
import { is, ok } from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';

const { test } = await gpuSuite('special values');

/** Results of an op, `y` and the gradients of its inputs, as texts. */
type Results = Readonly<Record<string, readonly string[]>>;
interface Table {
  readonly x: readonly string[];
  readonly a: readonly string[];
  readonly b: readonly string[];
  readonly unary: Readonly<Record<string, Results>>;
  readonly binary: Readonly<Record<string, Results>>;
}
const golden = JSON.parse(readFileSync('test/golden/special_values.json', 'utf8')) as Record<FloatType, Table> & {
  readonly rows: Readonly<Record<string, Results>> & { readonly x: readonly string[] };
};
const { POSITIVE_INFINITY: INF, NaN: NAN } = Number;
const numberOf = (text: string): number => ({ nan: NAN, inf: INF, '-inf': -INF })[text] ?? Number(text);

const UNARY: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  ...(ops as unknown as Record<string, (x: Tensor) => Tensor>),
  leakyRelu: (x) => ops.leakyRelu(x, 0.2),
  clamp: (x) => ops.clamp(x, -1, 1),
  clampAbove: (x) => ops.clamp(x, -INF, 1),
};
const BINARY: Readonly<Record<string, (a: Tensor, b: Tensor) => Tensor>> = {
  ...(ops as unknown as Record<string, (a: Tensor, b: Tensor) => Tensor>),
  where: (a, b) => ops.where(a, b, a),
};
/**
 * Without a gradient here: `sign` is flat, and that of a variance about an infinite mean is NaN where PyTorch's closed
 * form has −∞.
 */
const FLAT = new Set(['sign', 'variance']);
/** max(−0, 0) may be either zero. */
const EITHER_ZERO = new Set(['relu6', 'maximum', 'minimum', 'clampAbove']);
/** What is smaller may be flushed to zero. */
const SMALLEST_NORMAL: Record<FloatType, number> = { f32: 2 ** -126, f16: 2 ** -14 };

/** Is `got` the value that PyTorch has, the sign of a zero included? */
function isRight(got: number, right: number, type: FloatType, gradient: boolean, eitherZero: boolean): boolean {
  if (Number.isNaN(right) || Number.isNaN(got)) return Number.isNaN(right) && Number.isNaN(got);
  if (right === 0 && got === 0) return gradient || eitherZero || Object.is(got, right);
  if (Math.max(Math.abs(got), Math.abs(right)) < SMALLEST_NORMAL[type]) return true;
  if (!Number.isFinite(right)) return got === right;
  // A gradient computed from a result in f16 has what its rounding left, for instance 1 − y near 1.
  if (type === 'f16') return Math.abs(got - right) <= 1e-3 * Math.abs(right) + (gradient ? 1e-3 : 0);
  return Math.abs(got - right) <= 1e-5 * Math.abs(right);
}

async function compare(
  fn: (...inputs: Tensor[]) => Tensor,
  name: string,
  lists: readonly (readonly string[])[],
  right: Results,
  type: FloatType,
) {
  const inputs = lists.map((texts) => {
    const x = tensor(texts.map(numberOf));
    const typed = type === 'f16' ? cast(x, 'f16') : x;
    typed.requiresGrad = true;
    return typed;
  });
  const y = fn(...inputs);
  const results: Record<string, Tensor> = { y };
  const wanted = inputs.map((x, k) => [`d${'ab'[k]}`, x] as const).filter(([key]) => right[key]);
  if (!FLAT.has(name) && wanted.length > 0) {
    const gradients = grad(
      y,
      wanted.map(([, x]) => x),
      { gradOutputs: [onesLike(y)] },
    );
    for (const [k, [key]] of wanted.entries()) results[key] = gradients[k]!;
  }
  const wrong: string[] = [];
  for (const [key, result] of Object.entries(results)) {
    const expected = right[key]!;
    (await result.floats()).forEach((value, k) => {
      if (expected[k] === 'any' || isRight(value, numberOf(expected[k]!), type, key !== 'y', EITHER_ZERO.has(name)))
        return;
      wrong.push(`${key} at (${lists.map((texts) => texts[k]).join(', ')}) is ${value}, expected ${expected[k]}`);
    });
  }
  is(wrong.join('\n'), '');
}

for (const type of ['f32', 'f16'] as const) {
  const { x, a, b, unary, binary } = golden[type];
  for (const [name, right] of Object.entries(unary))
    test(`${name} of ${type}`, () => compare(UNARY[name]!, name, [x], right, type));
  for (const [name, right] of Object.entries(binary))
    test(`${name} of two ${type}`, () => compare(BINARY[name]!, name, [a, b], right, type));
}

/** A number among the operands is a part of the kernel, and must mean what it means in a tensor. */
const NUMBERS = [NAN, INF, -INF, 0, -0, 1e39];
const { add, sub, mul, div, maximum, minimum, less, equal } = ops;
for (const [name, fn] of Object.entries({ add, sub, mul, div, maximum, minimum, less, equal })) {
  test(`${name} with numbers in place of tensors`, async () => {
    const texts = [...new Set(golden.f32.a)];
    const x = () => tensor(texts.map(numberOf));
    for (const number of NUMBERS) {
      const filled = tensor(texts.map(() => number));
      const pairs = [
        [fn(x(), number), fn(x(), filled)],
        [fn(number, x()), fn(filled, x())],
      ] as const;
      for (const [got, right] of pairs) {
        const expected = await right.floats();
        (await got.floats()).forEach((value, k) => {
          const fine = isRight(value, expected[k]!, 'f32', false, EITHER_ZERO.has(name));
          ok(fine, `${name} of ${texts[k]} and the number ${number}: ${value}, with a tensor ${expected[k]}`);
        });
      }
    }
  });
}

test('full takes every number', async () => {
  for (const number of [...NUMBERS, 1e-3])
    for (const dtype of ['f32', 'f16'] as const) {
      const right = Math.fround(number);
      const got = (await ops.full([3], number, { dtype }).floats())[2]!;
      ok(isRight(got, right, dtype, false, false), `${number} in ${dtype}: ${got}`);
    }
});

const ROWS: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  max: (x) => ops.max(x, 1),
  sum: (x) => ops.sum(x, 1),
  softmax: (x) => ops.softmax(x, 1),
  logSoftmax: (x) => ops.logSoftmax(x, 1),
  l2Normalize: (x) => ops.l2Normalize(x, 1),
  variance: (x) => ops.variance(x, 1),
};
for (const [name, fn] of Object.entries(ROWS)) {
  test(`${name} over rows`, () =>
    compare(
      (x) => fn(x.reshape([-1, 3])),
      name === 'max' ? 'maximum' : name,
      [golden.rows.x],
      golden.rows[name]!,
      'f32',
    ));
}

test.run();
