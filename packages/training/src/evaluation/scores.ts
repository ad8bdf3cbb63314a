import type { SwapScores } from '@visage/faces';
import type { Table } from '../report/page.ts';
import type { AnswerName } from './evaluate.ts';
import type { PhotoAnswer, PhotoScores } from './heldOut.ts';
import { aboutPeople, type PeopleSet } from './people.ts';

const NAMES: readonly (readonly [AnswerName, string])[] = [
  ['copyTarget', 'copy the target'],
  ['copySource', 'copy the source'],
  ['meanIdentity', 'mean identity, true attributes'],
  ['truth', 'exact truth'],
];

/** Formats a share as `12.5 %`. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

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

const PHOTO_NAMES: readonly (readonly [PhotoAnswer, string])[] = [
  ['copyTarget', 'copy the target'],
  ['copySource', 'copy the source'],
  ['photo', 'another photograph of the source'],
];

const photoRow = (name: string, { psnr, l1, top1, margin, leak }: PhotoScores): string[] => [
  name,
  percent(top1),
  margin.toFixed(3),
  percent(leak),
  Number.isFinite(psnr) ? `${psnr.toFixed(2)} dB` : '∞',
  l1.toFixed(4),
];

/** The table of a swapper's scores on held-out people of a data set, and those of the baseline answers. */
export function photoTable(
  people: number,
  references: Readonly<Record<PhotoAnswer, PhotoScores>>,
  scores?: PhotoScores,
): Table {
  const head = ['swaps of held-out people', 'top-1', 'margin', 'leak', 'PSNR with themselves', 'L1'];
  const trivial = PHOTO_NAMES.map(([name, label]) => photoRow(label, references[name]));
  return {
    title: 'People of the data set on whom nothing was trained',
    note: `${people} people. Chance of top-1 is ${percent(1 / people)}. Top-1, margin and leak as the judge sees them, which the row of other photographs says how far to trust. PSNR and L1 of swaps of a person with another photograph of themselves, against the target, on the whole picture.`,
    rows: [head, ...(scores ? [photoRow('this swapper', scores)] : []), ...trivial],
  };
}
