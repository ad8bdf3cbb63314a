/** @file The hard cases of a comparison as tables and pictures. */
import { join } from 'node:path';
import { encodePng, writePng } from '@visage/faces/node';
import { writeMarkedPng } from '@visage/photos/node';
import type { Picture, Table } from '../report/page.ts';
import type { HardResult, HardScores } from './hardSheet.ts';

/** The exact swaps of the hard cases, and those of each system's first training. */
export interface HardResults {
  readonly truth: HardResult;
  readonly systems: ReadonlyMap<string, HardResult>;
}

/** The scores alone, by system, as they go into JSON. */
export const hardScores = ({ truth, systems }: HardResults): Readonly<Record<string, readonly HardScores[]>> =>
  Object.fromEntries([['truth', truth.scores], ...[...systems].map(([name, { scores }]) => [name, scores])]);

const NOTE =
  'Each system’s swaps of eight hard targets, as means over the sources. PSNR on the inner face against the exact swap; pose, expression, gaze and light as in the first table, by the same regressors: the row of the truth is their own error on such faces. A face without key light has no light error.';

/** A table for each hard case, with a row for each system. */
export function hardTables({ truth, systems }: HardResults): Table[] {
  const digits = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : '–');
  const row = (name: string, { psnr, pose, expression, gaze, light }: HardScores): string[] => [
    name,
    ...[psnr, pose, expression, gaze, light].map(digits),
  ];
  return truth.scores.map((exact, k) => ({
    title: `Hard case: ${exact.name}`,
    ...(k === 0 && { note: NOTE }),
    rows: [
      ['system', 'PSNR, dB', 'pose, °', 'expression', 'gaze, °', 'light, °'],
      ...[...systems].map(([name, { scores }]) => row(name, scores[k] as HardScores)),
      row('exact truth', exact),
    ],
  }));
}

const TITLES = 'Hard cases: sources above, targets at the left';

/** The matrix of each system, and that of the exact swaps. */
export const hardPictures = ({ truth, systems }: HardResults): Picture[] =>
  [...systems, ['exact truth', truth] as const].map(([name, { picture }]) => ({
    title: `${name}. ${TITLES}`,
    png: encodePng(picture),
  }));

/** Writes the matrices as `hard-NAME.png`. */
export async function writeHardPictures(folder: string, { truth, systems }: HardResults): Promise<void> {
  for (const [name, { picture }] of systems)
    await writeMarkedPng(join(folder, `hard-${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.png`), picture);
  await writePng(join(folder, 'hard-truth.png'), truth.picture);
}
