import type { Declaration } from './wgslModule.ts';

/**
 * The value of an expression of unsigned integers, constants, `+`, `-`, `*`, `/`, parentheses and `max`; `undefined` if
 * it has anything else.
 */
export function constantValue(
  tokens: readonly string[],
  declarations: ReadonlyMap<string, Declaration>,
): number | undefined {
  const rest = tokens.filter((token) => token !== ' ');
  const sum = (): number => {
    let value = product();
    while (rest[0] === '+' || rest[0] === '-') value += rest.shift() === '+' ? product() : -product();
    return value;
  };
  const product = (): number => {
    let value = factor();
    while (rest[0] === '*' || rest[0] === '/')
      value = rest.shift() === '*' ? value * factor() : Math.floor(value / factor());
    return value;
  };
  const list = (): number[] => {
    const values: number[] = [];
    do {
      rest.shift();
      values.push(sum());
    } while (rest[0] === ',');
    return rest.shift() === ')' ? values : [Number.NaN];
  };
  const factor = (): number => {
    if (rest[0] === '(') return list()[0] as number;
    const token = rest.shift() ?? '';
    if (token === 'max' && rest[0] === '(') return Math.max(...list());
    if (/^\d+u?$/.test(token)) return Number.parseInt(token, 10);
    const constant = declarations.get(token);
    if (constant?.kind !== 'const') return Number.NaN;
    return constantValue(rightSide(constant), declarations) ?? Number.NaN;
  };
  const value = sum();
  return rest.length === 0 && Number.isInteger(value) ? value : undefined;
}

/** The text of a type, without spaces and with each alias replaced by what it stands for. */
export const withoutAliases = (
  tokens: readonly string[],
  declarations: ReadonlyMap<string, Declaration>,
): readonly string[] =>
  tokens
    .filter((token) => token !== ' ')
    .flatMap((token) => {
      const declared = declarations.get(token);
      return declared?.kind === 'alias' ? withoutAliases(rightSide(declared), declarations) : token;
    });

/** What stands behind the `=` of a constant or an alias. */
const rightSide = ({ tokens }: Declaration): readonly string[] =>
  tokens.slice(tokens.indexOf('=') + 1, tokens.lastIndexOf(';'));
