import type { Table } from '@visage/training';
import type { FilmRow } from '../core/film.ts';
import { significant } from './format.ts';

export type { FilmRow } from '../core/film.ts';

/** The parts of a film's swap, with the time of a frame. */
export function filmTable(rows: readonly FilmRow[]): Table {
  const body = rows.map(({ part, precision = '', msPerFrame, framesPerSecond }) => [
    part,
    precision,
    significant(msPerFrame),
    significant(framesPerSecond),
  ]);
  return { title: 'A film with one face', rows: [['part', 'precision', 'ms a frame', 'frames/s'], ...body] };
}
