import type { SwapScores } from '@visage/faces';
import type { Table } from '../report/page.ts';
import type { AnswerName } from './evaluate.ts';
import { aboutPeople, type PeopleSet } from './people.ts';

const NAMES: readonly (readonly [AnswerName, string])[] = [
  ['copyTarget', 'copy the target'],
  ['copySource', 'copy the source'],
  ['meanIdentity', 'mean identity, true attributes'],
  ['truth', 'exact truth'],
];

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const row = (name: string, { psnr, l1, top1, margin, leak }: SwapScores): string[] => [
  name,
  Number.isFinite(psnr) ? `${psnr.toFixed(2)} dB` : '∞',
  l1.toFixed(4),
  percent(top1),
  margin.toFixed(3),
  percent(leak),
];

/** The table of a swapper's scores and those of the baseline answers, for the report and the terminal. */
export function scoreTable(
  people: number,
  peopleSet: PeopleSet,
  references: Readonly<Record<AnswerName, SwapScores>>,
  scores?: SwapScores,
): Table {
  const head = [`swaps of ${peopleSet} people`, 'PSNR', 'L1', 'top-1', 'margin', 'leak'];
  const trivial = NAMES.map(([name, label]) => row(label, references[name]));
  return {
    title: 'Result beside the answers that need no swapper',
    note: `${aboutPeople(peopleSet, people)}. Chance of top-1 is ${percent(1 / people)}. PSNR and L1 on the inner face against the exact truth; top-1: recognised as the source by a judge of another architecture; margin: cosine to the source minus cosine to the target; leak: nearer to the target's identity.`,
    rows: [head, ...(scores ? [row('this swapper', scores)] : []), ...trivial],
  };
}
