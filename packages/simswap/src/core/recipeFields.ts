/**
 * @file The fields of a recipe: the values that each may have, and how it is read out of JSON and out of text.
 * Checkpoints, command lines and help use one table.
 */
import { expectations, type JsonReader } from './json.ts';
import { pairKinds, type Recipe } from './recipe.ts';

/** The values that a field may have, and how they are read. */
interface Field<T> {
  /** In the words of errors. */
  readonly expected: string;
  readonly read: (from: JsonReader, key: string) => T;
  /** The JSON value of a text. A text without a meaning stays a text, which {@link Field.read} refuses. */
  readonly parse: (text: string) => unknown;
}

/** Fields by name; those that belong together have a table of their own. */
interface Fields {
  readonly [name: string]: Field<unknown> | Fields;
}

/** The values that a table of fields reads. */
type Values<F> = F extends Field<infer T> ? T : { readonly [K in keyof F]: Values<F[K]> };

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
const EMPTY = 'none';
const numberOf = (text: string): unknown => (NUMBER.test(text) ? Number(text) : text);
const listOf = (text: string): string[] => (text === EMPTY ? [] : text.split(','));

const number = (low: number, high: number): Field<number> => ({
  expected: expectations.number(low, high),
  read: (from, key) => from.number(key, low, high),
  parse: numberOf,
});

const choice = <T extends string>(...options: readonly T[]): Field<T> => ({
  expected: expectations.choice(options),
  read: (from, key) => from.choice(key, options),
  parse: (text) => text,
});

const choices = <T extends string>(least: number, most: number, ...options: readonly T[]): Field<readonly T[]> => ({
  expected: expectations.choices(options, [least, most]),
  read: (from, key) => from.choices(key, options, [least, most]),
  parse: listOf,
});

const LAYERS = [[0, 16], -16, 16] as const;
const layers: Field<readonly number[] | 'all'> = {
  expected: `all, or ${expectations.integers(...LAYERS)}`,
  read: (from, key) => (from.holds(key, 'all') ? 'all' : from.integers(key, ...LAYERS)),
  parse: (text) => (text === 'all' ? text : listOf(text).map(numberOf)),
};

const WEIGHT = number(0, 1e6);
const SHARE = number(0, 1);
const adam = { learningRate: SHARE, beta1: SHARE, beta2: SHARE, epsilon: SHARE };

/** Every field of a {@link Recipe} but its name. */
export const recipeFields = {
  head: choice('tanh', 'linear'),
  discriminator: choice('patch', 'projected'),
  weights: {
    identity: WEIGHT,
    reconstruction: WEIGHT,
    featureMatching: WEIGHT,
    gradientPenalty: WEIGHT,
    truth: WEIGHT,
  },
  featureLayers: layers,
  realImages: choice('target', 'source'),
  hingeFactor: WEIGHT,
  turns: choice('together', 'alternate'),
  augmentation: choices(0, 3, 'color', 'translation', 'cutout'),
  pictures: { flip: SHARE, color: SHARE, blur: number(0, 8), jpeg: number(0, 99) },
  generatorOptimizer: adam,
  discriminatorOptimizer: adam,
  pairs: choices(1, 64, ...pairKinds),
  identityResize: choice('bicubic', 'bilinear', 'nearest'),
  averageDecay: SHARE,
  decaySteps: number(0, 2 ** 31),
};

const isField = (entry: Field<unknown> | Fields): entry is Field<unknown> => typeof entry.read === 'function';

/** Reads the fields of a table. */
export function readFields<F extends Fields>(fields: F, from: JsonReader): Values<F> {
  const read = ([name, entry]: [string, Field<unknown> | Fields]): [string, unknown] => [
    name,
    isField(entry) ? entry.read(from, name) : readFields(entry, from.object(name)),
  ];
  return Object.fromEntries(Object.entries(fields).map(read)) as Values<F>;
}

const flattened = (fields: Fields, before = ''): [string, Field<unknown>][] =>
  Object.entries(fields).flatMap(([name, entry]) =>
    isField(entry) ? [[before + name, entry]] : flattened(entry, `${before}${name}.`),
  );

/** The fields of a recipe by their dotted path, such as `weights.identity`. */
export const fieldsByPath: ReadonlyMap<string, Field<unknown>> = new Map(flattened(recipeFields));
