/** @file Which kernel variants were chosen and why others were not, in words short enough for a table. */
import type { ChoiceReport } from './choices.ts';

/** The variants of a choice and of those around it, outermost first: `implicit gemm, matrix 128x128x16`. */
export const variantsOf = ({ variant, within }: ChoiceReport): string =>
  within ? `${variantsOf(within)}, ${variant}` : variant;

interface Reason {
  readonly number: number;
  readonly family: string;
  readonly variant: string;
  /** In the words of the first problem. */
  readonly reason: string;
}

/** Numbers the reasons why variants were not taken. Two that differ only in their figures are one. */
export class Reasons {
  readonly #known = new Map<string, Reason>();

  /** The numbers of all that were not taken in some choices and those around them, as in `1–3, 7`. */
  numbersOf(choices: readonly ChoiceReport[]): string {
    const numbers = new Set(choices.flatMap((choice) => this.#numbers(choice)));
    return ranges([...numbers].sort((a, b) => a - b));
  }

  /** A table of what the numbers stand for. */
  rows(): string[][] {
    const body = [...this.#known.values()].map(({ number, family, variant, reason }) => [
      String(number),
      family,
      variant,
      reason,
    ]);
    return [['', 'family', 'not taken', 'because'], ...body];
  }

  #numbers({ family, declined, within }: ChoiceReport): number[] {
    const own = declined.map(({ name, reason }) => {
      const key = `${family} ${name}: ${reason.replace(/\d+(\.\d+)?/g, '#')}`;
      const known = this.#known.get(key) ?? { number: this.#known.size + 1, family, variant: name, reason };
      this.#known.set(key, known);
      return known.number;
    });
    return within ? [...this.#numbers(within), ...own] : own;
  }
}

/** Says under a table of reasons what its figures are. */
export const REASONS_NOTE = 'Figures in a reason are those of the first problem that it was given for.';

/** Ascending numbers, runs of three or more as their ends. */
function ranges(numbers: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run && run[1] === number - 1) run[1] = number;
    else runs.push([number, number]);
  }
  const word = ([first, last]: readonly [number, number]) =>
    last === first ? `${first}` : last === first + 1 ? `${first}, ${last}` : `${first}–${last}`;
  return runs.map(word).join(', ');
}
