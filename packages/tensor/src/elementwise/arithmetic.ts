import { ArgumentError, checkList, checkNumber, showValue } from '@visage/gpu';
import { V } from '../core/map.ts';
import { checkFloat, floatTypeOf } from '../core/storage.ts';
import { Tensor } from '../core/tensor.ts';
import { flat, pointwise } from './pointwise.ts';

/**
 * An operand of binary arithmetic; numbers are baked into the kernel, so use tensors for values that change every step.
 */
export type Operand = Tensor | number;

/**
 * One line per binary op: the WGSL over `a` and `b`, and the gradient of each operand in ops.
 *
 * Numbers stand in the expression as constants; their gradient is never asked for.
 */
function binary(
  name: string,
  expression: (a: string, b: string) => string,
  a: Operand,
  b: Operand,
  da: (g: Tensor, out: Tensor) => Tensor | undefined,
  db: (g: Tensor, out: Tensor) => Tensor | undefined,
): Tensor {
  for (const [operand, value] of Object.entries({ a, b }))
    if (typeof value !== 'number' && !(value instanceof Tensor))
      throw new ArgumentError(name, operand, showValue(value), 'a tensor or a number');
  if (typeof a === 'number') {
    if (typeof b === 'number') throw new ArgumentError(name, 'operands', 'two numbers', 'at least one tensor');
    return pointwise(name, expression(V(a), 'a'), [b], [db]);
  }
  if (typeof b === 'number') return pointwise(name, expression('a', V(b)), [a], [da]);
  return pointwise(name, expression('a', 'b'), [a, b], [da, db]);
}

const MOST_INPUTS = 5; // of a pointwise kernel

/**
 * a + b, broadcasting.
 *
 * @throws ArgumentError unless a and b are tensors of f32 or f16, or one of them a number, and their shapes broadcast.
 */
export const add = (a: Operand, b: Operand): Tensor =>
  binary(
    'add',
    (x, y) => `${x} + ${y}`,
    a,
    b,
    (g) => g,
    (g) => g,
  );

/**
 * The sum of tensors of one shape, added from left to right, several in each kernel.
 *
 * @throws ArgumentError for an empty list, what are no tensors of f32 or f16, or shapes that do not broadcast.
 */
export function addAll(terms: readonly Tensor[]): Tensor {
  checkList('addAll', 'terms', terms, 'tensors');
  for (const [k, term] of terms.entries()) checkFloat('addAll', `terms[${k}]`, term);
  const [first, ...others] = terms;
  if (!first) throw new ArgumentError('addAll', 'terms', 'an empty list', 'at least one tensor');
  let sum = first;
  for (let k = 0; k < others.length; k += MOST_INPUTS - 1) {
    const inputs = [sum, ...others.slice(k, k + MOST_INPUTS - 1)];
    const expression = ['a', 'b', 'c', 'd', 'e'].slice(0, inputs.length).join(' + ');
    sum = pointwise(
      'add',
      expression,
      inputs,
      inputs.map(() => (g) => g),
    );
  }
  return sum;
}

/**
 * Σ weights[k] · terms[k] of tensors of one shape, several in each kernel.
 *
 * @throws ArgumentError for lists that are empty or of unequal length, and for what are no tensors or no numbers.
 */
export function weightedSum(terms: readonly Tensor[], weights: readonly number[]): Tensor {
  checkList('weightedSum', 'terms', terms, 'tensors');
  checkList('weightedSum', 'weights', weights, 'numbers');
  if (terms.length === 0 || terms.length !== weights.length) {
    const got = `${terms.length} terms and ${weights.length} weights`;
    throw new ArgumentError('weightedSum', 'terms', got, 'as many weights as terms, at least one');
  }
  for (const [k, term] of terms.entries()) checkFloat('weightedSum', `terms[${k}]`, term);
  for (const [k, weight] of weights.entries()) checkNumber('weightedSum', `weights[${k}]`, weight);
  let sum: Tensor | undefined;
  for (let k = 0; k < terms.length; ) {
    const before = sum ? [sum] : [];
    const here = terms.slice(k, k + MOST_INPUTS - before.length);
    const factors = [...before.map(() => 1), ...weights.slice(k, k + here.length)];
    const inputs = [...before, ...here];
    sum = pointwise(
      'weightedSum',
      factors.map((weight, at) => `${'abcde'[at]} * ${V(weight)}`).join(' + '),
      inputs,
      factors.map((weight) => (g: Tensor) => (weight === 1 ? g : mul(g, weight))),
    );
    k += here.length;
  }
  return sum as Tensor;
}

/**
 * a − b, broadcasting.
 *
 * @throws ArgumentError unless a and b are tensors of f32 or f16, or one of them a number, and their shapes broadcast.
 */
export const sub = (a: Operand, b: Operand): Tensor =>
  binary(
    'sub',
    (x, y) => `${x} - ${y}`,
    a,
    b,
    (g) => g,
    (g) => neg(g),
  );

/**
 * a · b, broadcasting.
 *
 * @throws ArgumentError unless a and b are tensors of f32 or f16, or one of them a number, and their shapes broadcast.
 */
export const mul = (a: Operand, b: Operand): Tensor =>
  binary(
    'mul',
    (x, y) => `${x} * ${y}`,
    a,
    b,
    (g) => mul(g, b),
    (g) => mul(g, a),
  );

/**
 * a / b, broadcasting.
 *
 * @throws ArgumentError unless a and b are tensors of f32 or f16, or one of them a number, and their shapes broadcast.
 */
export const div = (a: Operand, b: Operand): Tensor =>
  binary(
    'div',
    (x, y) => `quotient(${x}, ${y})`,
    a,
    b,
    (g) => div(g, b),
    (g, out) => neg(div(mul(g, out), b)),
  );

/**
 * max(a, b), NaN if either is; at ties each gets half of the gradient, as in PyTorch.
 *
 * @throws ArgumentError unless a and b are tensors of f32 or f16, or one of them a number, and their shapes broadcast.
 */
export const maximum = (a: Operand, b: Operand): Tensor =>
  binary(
    'maximum',
    (x, y) => `larger(${x}, ${y})`,
    a,
    b,
    (g) => shareOfLarger(g, a, b),
    (g) => shareOfLarger(g, b, a),
  );

/**
 * min(a, b), NaN if either is; at ties each gets half of the gradient, as in PyTorch.
 *
 * @throws ArgumentError unless a and b are tensors of f32 or f16, or one of them a number, and their shapes broadcast.
 */
export const minimum = (a: Operand, b: Operand): Tensor =>
  binary(
    'minimum',
    (x, y) => `smaller(${x}, ${y})`,
    a,
    b,
    (g) => shareOfLarger(g, b, a),
    (g) => shareOfLarger(g, a, b),
  );

/**
 * g where x > y, g / 2 where they are equal, 0 where x < y, and g beside NaN. Where nothing flows the result is 0
 * whatever g is.
 */
function shareOfLarger(g: Tensor, x: Operand, y: Operand): Tensor {
  const inputs = [g];
  const named = (operand: Operand): string =>
    typeof operand === 'number' ? V(operand) : ('abc'[inputs.push(operand) - 1] as string);
  const [left, right] = [named(x), named(y)];
  const expression = `select(select(a, a * 0.5, ${left} == ${right}), V(0.0), ${left} < ${right})`;
  const partials = inputs.map((_, k) => (k === 0 ? (h: Tensor) => shareOfLarger(h, x, y) : flat));
  return pointwise('shareOfLarger', expression, inputs, partials, floatTypeOf(g));
}

const compare =
  (name: string, sign: string) =>
  (a: Operand, b: Operand): Tensor =>
    binary(name, (x, y) => `select(V(0.0), V(1.0), ${x} ${sign} ${y})`, a, b, flat, flat);

/**
 * 1 where a > b, else 0. Comparisons are masks of floats and carry no gradient.
 *
 * @throws ArgumentError as {@link add}.
 */
export const greater = compare('greater', '>');
/** 1 where a ≥ b, else 0; as {@link greater}. */
export const greaterEqual = compare('greaterEqual', '>=');
/** 1 where a < b, else 0; as {@link greater}. */
export const less = compare('less', '<');
/** 1 where a ≤ b, else 0; as {@link greater}. */
export const lessEqual = compare('lessEqual', '<=');
/** 1 where a = b, else 0; as {@link greater}. */
export const equal = compare('equal', '==');

/**
 * −x.
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16.
 */
export const neg = (x: Tensor): Tensor => pointwise('neg', '-a', [x], [(g) => neg(g)]);

/**
 * mask ≠ 0 ? a : b, broadcasting; `mask` carries no gradient.
 *
 * @throws ArgumentError unless all are tensors of f32 or f16 whose shapes broadcast.
 */
export function where(mask: Tensor, a: Tensor, b: Tensor): Tensor {
  for (const [name, x] of Object.entries({ mask, a, b })) checkFloat('where', name, x);
  return pointwise(
    'where',
    'select(b, c, isZero(a))',
    [mask, a, b],
    [flat, (g) => chosen(g, mask), (g) => passedOver(g, mask)],
  );
}

/** g where mask ≠ 0, else 0, whatever g is there: a product with the mask would make NaN of an infinite g. */
const chosen = (g: Tensor, mask: Tensor): Tensor =>
  pointwise('chosen', 'select(a, V(0.0), isZero(b))', [g, mask], [(h) => chosen(h, mask), flat], floatTypeOf(g));

/** g where mask = 0, else 0. */
const passedOver = (g: Tensor, mask: Tensor): Tensor =>
  pointwise(
    'passedOver',
    'select(V(0.0), a, isZero(b))',
    [g, mask],
    [(h) => passedOver(h, mask), flat],
    floatTypeOf(g),
  );
