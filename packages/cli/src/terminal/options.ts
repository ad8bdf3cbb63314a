import { InvalidArgumentError } from 'commander';

/**
 * Returns a parser for an option whose value is an integer from `least` to `most`.
 *
 * @throws InvalidArgumentError when the parser runs on a text that is no integer in that range.
 */
export const integer =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || value < least || value > most) {
      const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
      throw new InvalidArgumentError(`expected an integer ${range}.`);
    }
    return value;
  };

/**
 * Returns a parser for an option whose value is a number from `least` to `most`.
 *
 * @throws InvalidArgumentError when the parser runs on a text that is no number in that range.
 */
export const number =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= least && value <= most))
      throw new InvalidArgumentError(`expected a number from ${least} to ${most}.`);
    return value;
  };
