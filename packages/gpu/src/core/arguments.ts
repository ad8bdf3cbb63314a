/**
 * @file Checks of arguments at the functions that users call, so that no bad argument causes an error deep in WGSL or
 * WebGPU.
 */
import { ArgumentError } from './errors.ts';

/**
 * Every key of an options type. The compiler refuses a list that lacks a key, or names one that the type does not
 * have.
 */
export type OptionKeys<O> = Readonly<Record<keyof Required<O>, true>>;

const LONGEST = 60; // characters of a value in an error message

/** A value as short text for an error message. */
export function showValue(value: unknown): string {
  const text = describe(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return `[${value.slice(0, LONGEST).map(describe).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${(value as { length?: number }).length ?? ''})`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    const text = String(value);
    return text.startsWith('[object') ? `an object of class ${value.constructor?.name}` : text;
  }
  const entries = Object.entries(value).map(([key, each]) => `${key}: ${describe(each)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

/**
 * Checks that `options` is an object and that `op` takes each of its entries. TypeScript checks the same, but not in a
 * program that runs with its types stripped, and there a misspelt option would be ignored silently. Entries that are
 * `undefined` count as absent.
 *
 * @param missing for options that other libraries have and `op` does not: what to do instead.
 * @throws ArgumentError that names the option and lists the options that `op` takes.
 */
export function checkOptions<O extends object>(
  op: string,
  options: O,
  keys: OptionKeys<O>,
  missing: Readonly<Record<string, string>> = {},
): void {
  const allowed = Object.keys(keys).join(', ');
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new ArgumentError(op, 'options', showValue(options), `an object with some of ${allowed}`);
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined || Object.hasOwn(keys, key)) continue;
    const hint = Object.hasOwn(missing, key) ? missing[key] : '';
    throw new ArgumentError(op, `option '${key}'`, showValue(value), `only the options ${allowed}`, hint);
  }
}

/** @throws ArgumentError unless `value` is a function. */
export function checkFunction(op: string, argument: string, value: unknown): void {
  if (typeof value !== 'function') throw new ArgumentError(op, argument, showValue(value), 'a function');
}

/** @throws ArgumentError unless `value` is a list. `of` names its elements in the message. */
export function checkList(op: string, argument: string, value: unknown, of: string): void {
  if (!Array.isArray(value)) throw new ArgumentError(op, argument, showValue(value), `a list of ${of}`);
}

/** @throws ArgumentError unless `value` is an integer from `least` to `most`, both included. */
export function checkInteger(
  op: string,
  argument: string,
  value: number,
  least: number,
  most = Number.POSITIVE_INFINITY,
  hint = '',
): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const kinds: Readonly<Record<number, string>> = { 0: 'a non-negative integer', 1: 'a positive integer' };
  const unbounded = kinds[least] ?? `an integer of at least ${least}`;
  const expected = most === Number.POSITIVE_INFINITY ? unbounded : `an integer from ${least} to ${most}`;
  throw new ArgumentError(op, argument, showValue(value), expected, hint);
}

/** @throws ArgumentError unless `value` is a finite number from `least` to `most`, both included. */
export function checkNumber(
  op: string,
  argument: string,
  value: number,
  least = Number.NEGATIVE_INFINITY,
  most = Number.POSITIVE_INFINITY,
  hint = '',
): void {
  if (Number.isFinite(value) && value >= least && value <= most) return;
  let expected = `a number from ${least} to ${most}`;
  if (most === Number.POSITIVE_INFINITY) {
    expected = least === Number.NEGATIVE_INFINITY ? 'a finite number' : `a finite number of at least ${least}`;
    if (least === Number.MIN_VALUE) expected = 'a positive number';
  }
  throw new ArgumentError(op, argument, showValue(value), expected, hint);
}

/** @throws ArgumentError unless `value` is `true` or `false`. */
export function checkBoolean(op: string, argument: string, value: boolean, hint = ''): void {
  if (typeof value !== 'boolean') throw new ArgumentError(op, argument, showValue(value), 'true or false', hint);
}

/** @throws ArgumentError unless `value` is one of the names. */
export function checkOneOf(op: string, argument: string, value: string, names: readonly string[], hint = ''): void {
  if (!names.includes(value))
    throw new ArgumentError(op, argument, showValue(value), names.map(showValue).join(' or '), hint);
}
