/**
 * @file Fields of plain data: the values that each may have, and how it is read out of JSON and out of text.
 * Checkpoints, command lines and help use one table.
 */
import { checkOptions } from '@visage/gpu';
import { expectations, JsonReader } from './json.ts';

/** The values that a field may have, and how they are read. */
export interface Field<T> {
  /** In the words of errors. */
  readonly expected: string;
  readonly read: (from: JsonReader, key: string) => T;
  /** The JSON value of a text. A text without a meaning stays a text, which {@link Field.read} refuses. */
  readonly parse: (text: string) => unknown;
}

/** Fields by name; those that belong together have a table of their own. */
export interface Fields {
  readonly [name: string]: Field<unknown> | Fields;
}

/** The values that a table of fields reads. */
export type Values<F> = F extends Field<infer T> ? T : { readonly [K in keyof F]: Values<F[K]> };

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
const EMPTY = 'none';

/** The number that a text says; any other text as it is. */
export const numberOf = (text: string): unknown => (NUMBER.test(text) ? Number(text) : text);

/** The words of a text with commas; none of the word `none`. */
export const listOf = (text: string): string[] => (text === EMPTY ? [] : text.split(','));

/** A field with a number. */
export const number = (low: number, high: number): Field<number> => ({
  expected: expectations.number(low, high),
  read: (from, key) => from.number(key, low, high),
  parse: numberOf,
});

/** A field with a whole number. */
export const integer = (low: number, high: number): Field<number> => ({
  expected: `an integer from ${low} to ${high}`,
  read: (from, key) => from.integer(key, low, high),
  parse: numberOf,
});

/** A field with a short text. */
export const shortText: Field<string> = {
  expected: expectations.text(100),
  read: (from, key) => from.text(key, 100),
  parse: (text) => text,
};

/** A field with one of several words. */
export const choice = <T extends string>(...options: readonly T[]): Field<T> => ({
  expected: expectations.choice(options),
  read: (from, key) => from.choice(key, options),
  parse: (text) => text,
});

/** A field with `true` or `false`. */
export const boolean: Field<boolean> = {
  expected: expectations.choice(['true', 'false']),
  read: (from, key) => from.boolean(key),
  parse: (text) => (text === 'true' ? true : text === 'false' ? false : text),
};

/** A field with a list of words. */
export const choices = <T extends string>(
  least: number,
  most: number,
  ...options: readonly T[]
): Field<readonly T[]> => ({
  expected: expectations.choices(options, [least, most]),
  read: (from, key) => from.choices(key, options, [least, most]),
  parse: listOf,
});

const isField = (entry: Field<unknown> | Fields): entry is Field<unknown> => typeof entry.read === 'function';

/** Reads the fields of a table. */
export function readFields<F extends Fields>(fields: F, from: JsonReader): Values<F> {
  const read = ([name, entry]: [string, Field<unknown> | Fields]): [string, unknown] => [
    name,
    isField(entry) ? entry.read(from, name) : readFields(entry, from.object(name)),
  ];
  return Object.fromEntries(Object.entries(fields).map(read)) as Values<F>;
}

/**
 * Checks the names in data of a caller.
 *
 * @throws ArgumentError that names `op`, for a field that the table does not have.
 */
export function checkNames(op: string, data: object, fields: Fields): void {
  checkOptions(op, data, Object.fromEntries(Object.keys(fields).map((name) => [name, true] as const)));
  const members: Readonly<Record<string, unknown>> = { ...data };
  for (const [name, entry] of Object.entries(fields))
    if (!isField(entry)) checkNames(`${op}.${name}`, members[name] as object, entry);
}

/**
 * Checks names and values in data of a caller.
 *
 * @throws ArgumentError that names `op`, for a field that the table does not have, one that is missing, and a value
 *   that a field may not have.
 */
export function checkFields(op: string, data: object, fields: Fields): void {
  checkNames(op, data, fields);
  readFields(fields, new JsonReader(data, op));
}

/** The fields of a table by their dotted path, such as `weights.identity`. */
export const byPath = (fields: Fields, before = ''): [string, Field<unknown>][] =>
  Object.entries(fields).flatMap(([name, entry]) =>
    isField(entry) ? [[before + name, entry]] : byPath(entry, `${before}${name}.`),
  );
