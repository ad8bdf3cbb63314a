/**
 * @file Reads configurations out of untrusted JSON, such as the metadata of a checkpoint. Every value is checked and
 * bounded.
 */
import { ArgumentError } from '@visage/gpu';

/** What a member may be, in the words of the errors. */
export const expectations = {
  number: (low: number, high: number): string => `a number from ${low} to ${high}`,
  integers: ([least, most]: readonly [number, number], low: number, high: number): string =>
    `${least} to ${most} integers from ${low} to ${high}`,
  text: (longest: number): string => `a text of at most ${longest} characters`,
  choice: (options: readonly string[]): string => options.join(' or '),
  choices: (options: readonly string[], [least, most]: readonly [number, number]): string =>
    `a list of ${least} to ${most} of ${options.join(', ')}`,
} as const;

export const isObject = (json: unknown): json is Readonly<Record<string, unknown>> =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

/** The members of a JSON object, each read by the type that is expected of it. */
export class JsonReader {
  readonly #what: string;
  readonly #members: Readonly<Record<string, unknown>>;

  /** @throws ArgumentError unless `json` is an object; `what` names it in errors. */
  constructor(json: unknown, what: string) {
    if (!isObject(json)) throw new ArgumentError('configuration', what, show(json), 'a JSON object');
    this.#what = what;
    this.#members = json;
  }

  #fail(key: string, expected: string): never {
    throw new ArgumentError('configuration', `${this.#what}.${key}`, show(this.#members[key]), expected);
  }

  /** A member that is itself an object. */
  object(key: string): JsonReader {
    return new JsonReader(this.#members[key], `${this.#what}.${key}`);
  }

  /** Whether a member equals a text. */
  holds(key: string, value: string): boolean {
    return this.#members[key] === value;
  }

  number(key: string, low: number, high: number): number {
    const value = this.#members[key];
    if (typeof value === 'number' && value >= low && value <= high) return value;
    return this.#fail(key, expectations.number(low, high));
  }

  integer(key: string, low: number, high: number): number {
    const value = this.number(key, low, high);
    return Number.isInteger(value) ? value : this.#fail(key, `an integer from ${low} to ${high}`);
  }

  integers(key: string, length: readonly [number, number], low: number, high: number): number[] {
    const value = this.#members[key];
    const fits = (x: unknown) => Number.isInteger(x) && (x as number) >= low && (x as number) <= high;
    if (Array.isArray(value) && value.length >= length[0] && value.length <= length[1] && value.every(fits))
      return value;
    return this.#fail(key, expectations.integers(length, low, high));
  }

  /** @param missing the value of a member that is not there; without it, one has to be. */
  boolean(key: string, missing?: boolean): boolean {
    const { [key]: value = missing } = this.#members;
    return typeof value === 'boolean' ? value : this.#fail(key, 'true or false');
  }

  text(key: string, longest: number): string {
    const value = this.#members[key];
    return typeof value === 'string' && value.length <= longest ? value : this.#fail(key, expectations.text(longest));
  }

  choice<T extends string>(key: string, options: readonly T[]): T {
    const value = this.#members[key];
    return options.find((option) => option === value) ?? this.#fail(key, expectations.choice(options));
  }

  choices<T extends string>(key: string, options: readonly T[], length: readonly [number, number] = [1, 64]): T[] {
    const value = this.#members[key];
    const isOption = (x: unknown): x is T => options.some((option) => option === x);
    if (Array.isArray(value) && value.length >= length[0] && value.length <= length[1] && value.every(isOption))
      return value;
    return this.#fail(key, expectations.choices(options, length));
  }
}

const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
};
